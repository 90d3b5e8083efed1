import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DroppedRules } from '../../../services/consumer/pair/rules.ts'
import { anything, type Conditions, plain } from './conditions.ts'
import { isClean, type RunOptions, run } from './run.ts'

/** `PAIR_RUNS=100000 PAIR_SEED=2` makes more runs, and others; `PAIR_ONLY=<number of the run>` makes a failing one again. */
const { PAIR_RUNS = '4000', PAIR_SEED = '1', PAIR_ONLY } = process.env
const runs = PAIR_ONLY === undefined ? Number(PAIR_RUNS) : 1
const anyRun = PAIR_ONLY === undefined ? fc.integer({ min: 1, max: 2 ** 31 - 1 }) : fc.constant(Number(PAIR_ONLY))

const perTakeover = (duplicates: number, takeovers: number): string => (duplicates / takeovers).toFixed(2)

type Total = { duplicates: number; takeovers: number }

/** Makes `count` runs; a failing one is made again with a trace, and ends the test. */
function explore(count: number, conditions: RunOptions['conditions'], dropped: DroppedRules = {}): Total {
  const total = { duplicates: 0, takeovers: 0 }
  const explored = fc.property(anyRun, (seed) => {
    const { verdict } = run({ seed, conditions, dropped })
    total.duplicates += verdict.duplicates
    total.takeovers += verdict.takeovers
    if (!isClean(verdict)) assert.fail(describeFailure(seed, conditions))
  })
  // Another number is another run altogether, so there is nothing to shrink.
  fc.assert(explored, { numRuns: count, seed: Number(PAIR_SEED), endOnFailure: true })
  return total
}

function describeFailure(seed: number, conditions: RunOptions['conditions']): string {
  const { verdict, lines } = run({ seed, conditions, isTraced: true })
  const summary = JSON.stringify(verdict, null, 2)
  return `PAIR_ONLY=${seed} shows it again: ${summary}\n${lines.join('\n')}`
}

test(`${runs} random runs with everything bad at once lose nothing, keep the order of every key and never stall`, (t) => {
  const { duplicates, takeovers } = explore(runs, anything)
  t.diagnostic(`${takeovers} takeovers, ${perTakeover(duplicates, takeovers)} duplicates each`)
})

test('so do runs with crashes, zombies and lost answers alone', (t) => {
  const { duplicates, takeovers } = explore(Math.ceil(runs / 4), plain)
  t.diagnostic(`${takeovers} takeovers, ${perTakeover(duplicates, takeovers)} duplicates each`)
})

test('a key that skips does go on without what failed: judged as one that waits, it breaks the order', () => {
  const found = Array.from({ length: 500 }, (_, seed) => run({ seed, conditions: skipping, isStrict: true }).verdict)
  assert.ok(found.some(({ order }) => order.length > 0))
})

test('what is noted of a delivery before the next commit spares those who take over most repetitions', (t) => {
  const without = explore(Math.ceil(runs / 4), plain)
  const noted = explore(Math.ceil(runs / 4), { ...plain, noting: 1 })
  t.diagnostic(
    `${perTakeover(without.duplicates, without.takeovers)} duplicates each, noted ${perTakeover(noted.duplicates, noted.takeovers)}`,
  )
  assert.ok(noted.duplicates < without.duplicates)
})

test('what ended before the stream half came to it is not delivered again', (t) => {
  const forgetful = { ...plain, forgetful: 1 }
  const without = explore(Math.ceil(runs / 4), forgetful, { forgetEarlyEnds: true })
  const remembered = explore(Math.ceil(runs / 4), forgetful)
  t.diagnostic(
    `${perTakeover(without.duplicates, without.takeovers)} duplicates each, remembered ${perTakeover(remembered.duplicates, remembered.takeovers)}`,
  )
  assert.ok(remembered.duplicates < without.duplicates)
})

type Harm = 'lost' | 'order' | 'stalled'

/** What each rule is for: without it, one of these happens within a few thousand runs. */
const rules: { rule: keyof DroppedRules; harm: Harm; conditions: RunOptions['conditions'] }[] = [
  { rule: 'gate', harm: 'order', conditions: anything },
  { rule: 'fetchBeforeFence', harm: 'stalled', conditions: anything },
  { rule: 'keepForeign', harm: 'lost', conditions: lateCommits },
  { rule: 'finishAfterAck', harm: 'lost', conditions: anything },
  { rule: 'finishAfterAck', harm: 'order', conditions: anything },
  { rule: 'followersInOrder', harm: 'order', conditions: anything },
  { rule: 'ignoreOlderEpochs', harm: 'lost', conditions: anything },
  { rule: 'ignoreOlderEpochs', harm: 'order', conditions: anything },
]

for (const { rule, harm, conditions } of rules) {
  test(`without the rule "${rule}" the checker finds: ${harm}`, (t) => {
    const seed = firstHarmed({ rule, harm, conditions })
    t.diagnostic(seed === null ? `not in ${mostRuns} runs` : `in run ${seed}`)
    assert.notEqual(seed, null)
  })
}

const mostRuns = 6_000

function firstHarmed({ rule, harm, conditions }: (typeof rules)[number]): number | null {
  const dropped: DroppedRules = { [rule]: true, invariants: true }
  for (let seed = 1; seed <= mostRuns; seed += 1) {
    const found = run({ seed, conditions, dropped }).verdict[harm]
    if (found !== null && found.length > 0) return seed
  }
  return null
}

function skipping(): Conditions {
  return { ...plain, policy: { ...plain.policy, whileBlocked: 'skip' } }
}

/** Commits of superseded members are always accepted, half by half. */
function lateCommits(): Conditions {
  return { ...plain, unfenced: 1, splitCommits: true }
}
