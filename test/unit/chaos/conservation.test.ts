import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkConservation, checkCounters } from '../../chaos/check/conservation.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { AccountLine, HistoryLine } from '../../chaos/history.ts'
import { altered, deadLetterOf, faultLines, faultlessRun, scope } from './synthetic.ts'

const id = 'r-p1-k0-5'
const seen = { run: 'r', actor: 'bookkeeper', ns: 9e9 }

/** Ten events; one is a dead letter, one is not delivered yet. */
const run = altered(faultlessRun(1, 10), { op: 'receive', id: 'r-p1-k0-9' }, () => undefined).flatMap((line) =>
  line.op === 'receive' && line.id === id ? [{ ...line, status: 422 }, deadLetterOf(line)] : [line],
)

const account = (change: Partial<AccountLine> = {}): HistoryLine => ({
  ...{
    op: 'account',
    ...seen,
    subscription: scope.subscription,
    events: 10,
    lagEvents: 1,
    retrying: 0,
    deadLetters: 1,
  },
  ...change,
})

const counters = (delivered: number, deadLettered: number, pid = 7): HistoryLine => ({
  ...{ op: 'counters', ...seen, consumers: [{ name: 'consumer-1', pid, delivered, deadLettered }] },
})

const judged = async (...lines: HistoryLine[]) => checkConservation(await gatherFacts([...run, ...lines]), scope)
const counted = async (...lines: HistoryLine[]) => checkCounters(await gatherFacts([...run, ...lines]))

describe('the checker of sums', () => {
  it('accepts an account that is what happened, whichever way something waits', async () => {
    const { holds, judged: cases } = await judged(account())
    assert.deepEqual([holds, cases], [true, 1])
    assert.equal((await judged(account({ lagEvents: 0, retrying: 1 }))).holds, true)
  })

  it('names each figure that is wrong', async () => {
    const sum = '(10 = 8 + 1 + 1)'
    for (const [change, what] of [
      [{ events: 11 }, `says 11 events, but 10 are ${sum}`],
      [{ deadLetters: 0 }, `says 0 dead letters, but 1 are ${sum}`],
      [{ lagEvents: 0 }, `says 0 waiting events, but 1 are ${sum}`],
    ] as const) {
      assert.deepEqual((await judged(account(change))).offences, [{ id: scope.subscription, what }])
    }
  })

  it('judges no account that nobody gave', async () => {
    assert.equal((await judged()).judged, 0)
    assert.equal((await judged(account({ deadLetters: null }))).holds, true)
  })
})

describe('the checker of counters', () => {
  it('accepts counters that grew by what receivers saw', async () => {
    const { holds, judged: cases } = await counted(counters(100, 3), counters(108, 4))
    assert.deepEqual([holds, cases], [true, 1])
  })

  it('sees a delivery that was not counted', async () => {
    const { offences } = await counted(counters(100, 3), counters(107, 4))
    assert.deepEqual(offences, [{ id: 'deliveries_total', what: 'grew by 7 deliveries, not 8' }])
  })

  it('judges nothing where a consumer was replaced, or a fault came', async () => {
    assert.equal((await counted(counters(100, 3), counters(0, 0, 9))).judged, 0)
    assert.equal((await counted(counters(100, 3), counters(0, 0), ...faultLines(5))).judged, 0)
    assert.equal((await counted(counters(100, 3))).judged, 0)
  })
})
