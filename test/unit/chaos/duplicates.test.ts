import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundPerFault, isExcused } from '../../chaos/allowances.ts'
import { checkDuplicates, repeatsByFault } from '../../chaos/check/duplicates.ts'
import { type FaultSpan, gatherFacts } from '../../chaos/check/facts.ts'
import type { HistoryLine, PublishLine } from '../../chaos/history.ts'
import { faultlessEvent, scope } from './synthetic.ts'

const driver = { run: 'r', actor: 'driver' }

/** A fault and the end of what it costs. */
const faultBetween = (fault: string, fromMs: number, wholeMs: number): HistoryLine[] => [
  { op: 'fault', ...driver, ns: fromMs * 1e6, fault, victim: 'consumer-1' },
  { op: 'whole', ...driver, ns: wholeMs * 1e6 },
]

/** An event that succeeds at two times. */
function repeated(seq: number, firstMs: number, againMs: number): HistoryLine[] {
  return faultlessEvent('k0', seq, 0).flatMap((line): HistoryLine[] =>
    line.op === 'receive' ? [firstMs, againMs].map((ms) => ({ ...line, ns: ms * 1e6, arrivedNs: ms * 1e6 })) : [line],
  )
}

const course = [
  ...faultBetween('none', 1_000, 2_000),
  ...faultBetween('kill-consumer', 10_000, 15_000),
  ...faultBetween('term-consumer', 20_000, 25_000),
]

const killsCost =
  (most: number) =>
  ({ fault }: FaultSpan) =>
    fault === 'kill-consumer' ? most : 0

describe('repeats by the fault that explains them', () => {
  const cases = [
    { what: 'in flight at the kill, again after it', at: [9_990, 11_000], cause: 'kill-consumer' },
    { what: 'succeeded while it lasted', at: [14_000, 16_000], cause: 'kill-consumer' },
    { what: 'came again much later, from the retry topic', at: [9_990, 40_000], cause: 'kill-consumer' },
    { what: 'repeated before the kill', at: [9_000, 9_500], cause: undefined },
    { what: 'within a control', at: [1_200, 1_900], cause: undefined },
    { what: 'succeeded after all was whole, repeated by a clean stop', at: [16_000, 21_000], cause: undefined },
  ] as const
  for (const { what, at, cause } of cases) {
    it(`${cause ?? 'none'}: ${what}`, async () => {
      const facts = await gatherFacts([...course, ...repeated(0, at[0], at[1])])
      const { causes, none } = repeatsByFault(facts, scope, killsCost(1))
      const found = causes.find(({ repeats }) => repeats.length > 0)
      assert.equal(found?.fault.fault, cause)
      assert.equal(none.length, cause === undefined ? 1 : 0)
      assert.equal(checkDuplicates(facts, scope, killsCost(1)).holds, cause !== undefined)
    })
  }

  it('are too many beyond what the fault may cost', async () => {
    const facts = await gatherFacts([...course, ...repeated(0, 9_990, 11_000), ...repeated(1, 9_991, 11_001)])
    assert.equal(checkDuplicates(facts, scope, killsCost(2)).holds, true)
    const { offences } = checkDuplicates(facts, scope, killsCost(1))
    assert.deepEqual(offences[0], {
      id: 'r-p1-k0-0',
      what: 'one of 2 repeats after kill-consumer (consumer-1): 1 at most',
    })
    assert.equal(offences.length, 2)
  })

  it('may be what was in flight when the fault came, and none for a clean stop', async () => {
    const facts = await gatherFacts([...course, ...repeated(0, 9_990, 11_000), ...repeated(1, 9_991, 11_001)])
    const bound = boundPerFault(facts, scope)
    assert.deepEqual(facts.faults.map(bound), [0, 2 * 64 + 1, 0])
  })
})

describe('a publish request without an acknowledgement', () => {
  it('is excused while nobody may be there to answer, and only then', async () => {
    const facts = await gatherFacts([
      ...faultBetween('kill-broker', 1_000, 5_000),
      ...faultBetween('kill-producer', 10_000, 12_000),
    ])
    const excused = (sentMs: number, ms: number) =>
      isExcused(facts, { sentNs: sentMs * 1e6, ns: ms * 1e6 } as PublishLine)
    assert.equal(excused(9_990, 10_010), true)
    assert.equal(excused(11_900, 12_500), true)
    assert.equal(excused(9_000, 9_900), false)
    assert.equal(excused(2_000, 3_000), false)
    assert.equal(excused(12_001, 12_500), false)
  })
})
