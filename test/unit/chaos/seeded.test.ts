import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededResult } from '../../chaos/defects/seeded.ts'

const tap = (...lines: string[]): string =>
  ['TAP version 13', '# Subtest: a system with a defect', ...lines, 'ok 1 - a system with a defect', '# pass 2'].join(
    '\n',
  )

describe('the seeded defects of a quick run', () => {
  it('pass when each was judged rightly', () => {
    const { complaint, notes } = seededResult(tap('    ok 1 - turns it red', '    ok 2 - leaves it green'))
    assert.equal(complaint, '')
    assert.deepEqual(notes.slice(1), ['✓ turns it red', '✓ leaves it green'])
    assert.match(notes[0] ?? '', /^2 of 2 systems/)
  })

  it('fail when one was not, and when there was none', () => {
    const output = tap('    ok 1 - turns it red', '    not ok 2 - leaves it green', '      error: 1 !== 2')
    assert.equal(seededResult(output).complaint, `judged wrongly: leaves it green\n${output}`)
    assert.match(seededResult(output).notes[0] ?? '', /^1 of 2 systems/)
    assert.notEqual(seededResult('node: bad option').complaint, '')
  })
})
