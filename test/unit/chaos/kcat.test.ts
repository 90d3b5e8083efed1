import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseRecords } from '../../support/kcat.ts'

const printed = Buffer.concat([
  Buffer.from('0 7 1795256620997 4 7\nke yv1\n'),
  Buffer.from([0, 0xff, 0x0a, 0x20]),
  Buffer.from('\nce_subject=r-p1-k0-1,list=a,b,empty=\n1 0 1795256621229 -1 2\nv2\n\n0 8 1795256621229 3 -1\nnul\n\n'),
])

describe('the reader of what kcat prints', () => {
  it('finds keys, values of any bytes, headers with commas, and what is absent', () => {
    const { records, rest } = parseRecords(printed)
    assert.equal(rest.length, 0)
    assert.deepEqual(
      records.map(({ partition, offset, key, value }) => [
        partition,
        offset,
        key?.toString(),
        value?.toString('latin1'),
      ]),
      [
        [0, 7, 'ke y', 'v1\n\0\xff\n '],
        [1, 0, undefined, 'v2'],
        [0, 8, 'nul', undefined],
      ],
    )
    assert.deepEqual(records[0]?.headers, { ce_subject: 'r-p1-k0-1', list: 'a,b', empty: '' })
  })

  it('finds the same wherever the stream is cut', () => {
    const whole = parseRecords(printed).records
    fc.assert(
      fc.property(fc.nat(printed.length), (cut) => {
        const first = parseRecords(printed.subarray(0, cut))
        const second = parseRecords(Buffer.concat([first.rest, printed.subarray(cut)]))
        assert.deepEqual([...first.records, ...second.records], whole)
      }),
    )
  })
})
