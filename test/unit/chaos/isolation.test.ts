import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkIsolation } from '../../chaos/check/isolation.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import { faultLines, faultlessEvent, modeLine, scope } from './synthetic.ts'

/** 50 events a second for 20 s, delivered 2 ms after they were sent, or `lateMs` later from 10 s to 20 s; or never. */
function run(lateMs: number | 'never'): HistoryLine[] {
  return Array.from({ length: 1_000 }, (_, seq) => faultlessEvent('k0', seq, seq * 20e6)).flatMap((lines, seq) =>
    lines.flatMap((line): HistoryLine[] => {
      if (line.op !== 'receive' || seq < 500 || (lateMs === 'never' && seq % 10 > 0)) return [line]
      return lateMs === 'never' ? [] : [{ ...line, ns: line.ns + lateMs * 1e6 }]
    }),
  )
}

const beside = [modeLine(0, 'all', 'crm'), modeLine(10_000, 'none', 'crm'), modeLine(25_000, 'all', 'crm')]
const own = modeLine(0, 'all')

const judged = async (...lines: HistoryLine[]) => checkIsolation(await gatherFacts(lines), scope)

describe('the checker of isolation', () => {
  it('accepts a subscription that goes on as before beside one whose receiver is down', async () => {
    const { holds, judged: cases } = await judged(...run(0), ...beside, own)
    assert.deepEqual([holds, cases], [true, 1])
    assert.equal((await judged(...run(200), ...beside, own)).holds, true)
  })

  it('sees that it gets slower, and that it gets less', async () => {
    const slower = await judged(...run(400), ...beside, own)
    assert.deepEqual(
      slower.offences.map(({ what }) => what),
      ['p99 403 ms while crm was down, 3 ms before'],
    )
    const less = await judged(...run('never'), ...beside, own)
    assert.match(less.offences[0]?.what ?? '', /^90\.0 % as much arrived as before/)
  })

  it('judges nothing beside a fault, while its own receiver fails, or without receivers that say so', async () => {
    assert.equal((await judged(...run(400), ...beside, own, ...faultLines(15_000))).judged, 0)
    assert.equal((await judged(...run(400), ...beside, own, modeLine(12_000, 'some'))).judged, 0)
    assert.equal((await judged(...run(400), own)).judged, 0)
  })
})
