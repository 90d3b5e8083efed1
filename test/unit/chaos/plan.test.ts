import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planMix, type Step } from '../../chaos/mix/plan.ts'

function stepsOf(seed: number, count: number): Step[] {
  const plan = planMix(seed)
  return Array.from({ length: count }, () => plan.next().value)
}

describe('the plan of a mixed run', () => {
  it('is the same for the same seed and another one for the next', () => {
    assert.deepEqual(stepsOf(7, 100), stepsOf(7, 100))
    assert.notDeepEqual(stepsOf(7, 100), stepsOf(8, 100))
    assert.deepEqual(
      stepsOf(7, 6).map(({ waitMs, fault }) => [waitMs, fault]),
      [
        [5_740, 'term-consumer'],
        [6_882, 'kill-producer'],
        [10_121, 'add-consumer'],
        [6_818, 'freeze-consumer'],
        [6_225, 'add-consumer'],
        [14_562, 'remove-consumer'],
      ],
    )
  })

  it('waits 5 to 15 s before each step and does nothing in about a quarter of them', () => {
    const steps = stepsOf(1, 2000)
    for (const { waitMs } of steps) assert.ok(waitMs >= 5_000 && waitMs <= 15_000, String(waitMs))
    const meanMs = steps.reduce((sum, { waitMs }) => sum + waitMs, 0) / steps.length
    assert.ok(meanMs > 9_500 && meanMs < 10_500, String(meanMs))
    const controls = steps.filter(({ fault }) => fault === 'none').length
    assert.ok(controls > 430 && controls < 570, String(controls))
  })

  it('draws every fault, and the worst one seldom', () => {
    const counts = Object.groupBy(stepsOf(2, 2000), ({ fault }) => fault)
    assert.deepEqual(Object.keys(counts).sort(), [
      ...['add-consumer', 'commit-timeout-rejoin', 'freeze-broker', 'freeze-consumer', 'kill-added-consumer'],
      ...['kill-broker', 'kill-consumer', 'kill-everything', 'kill-producer', 'kill-redis', 'none'],
      ...['remove-consumer', 'term-broker', 'term-consumer', 'term-producer'],
    ])
    const everything = counts['kill-everything']?.length ?? 0
    assert.ok(everything > 20 && everything < 100, String(everything))
  })

  it('takes away only consumers that it added before, and adds no third one', () => {
    for (const seed of [1, 2, 3, 4]) {
      let added = 0
      for (const { fault } of stepsOf(seed, 500)) {
        if (fault === 'add-consumer') added += 1
        if (fault === 'remove-consumer' || fault === 'kill-added-consumer') added -= 1
        assert.ok(added >= 0 && added <= 2, `${added} after ${fault}`)
        if (fault === 'kill-everything') added = 0
      }
    }
  })

  it('takes other victims in turn', () => {
    const rounds = stepsOf(3, 300).map(({ round }) => round % 3)
    for (const victim of [0, 1, 2]) assert.ok(rounds.filter((one) => one === victim).length > 60)
  })
})
