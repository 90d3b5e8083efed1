import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isExhausted } from '../../../../services/consumer/pair/give-up.ts'
import { nextPointMs } from '../../../../services/consumer/pair/schedule.ts'

const hour = 3_600_000
const defaults = {
  scheduleMs: [5_000, 30_000, 120_000, 600_000, 1_800_000, hour, 3 * hour, 6 * hour],
  giveUpAfterMs: 24 * hour,
}

function allPoints(policy: typeof defaults, id: string, untilMs: number): number[] {
  const points: number[] = []
  for (let age = 0; age < untilMs; ) {
    age = nextPointMs(policy, id, age)
    points.push(age)
  }
  return points
}

test('points are those of the policy, then one every last gap, and one at the give-up time', () => {
  const [h, expected] = [hour, [...defaults.scheduleMs]]
  for (let point = 9 * h; point <= 30 * h; point += 3 * h) expected.push(point)
  const points = allPoints(defaults, 'e1', 29 * h).slice(0, expected.length)
  points.forEach((point, index) => {
    const nominal = expected[index] ?? 0
    const gap = nominal - (expected[index - 1] ?? 0)
    assert.ok(point >= nominal && point < nominal + 0.1 * gap, `point ${index} is ${point}, not ${nominal}`)
  })
})

test('a give-up time between two points is a point of its own', () => {
  const policy = { scheduleMs: [1_000, 3_000], giveUpAfterMs: 4_500 }
  const nominal = [1_000, 3_000, 4_500, 5_000, 7_000]
  const points = allPoints(policy, 'e2', 6_000)
  assert.equal(points.length, 5)
  for (const [index, point] of points.entries()) {
    const due = nominal[index] ?? 0
    assert.ok(point >= due && point < due + 200, `point ${index} is ${point}`)
  }
})

test('the jitter is SHA-256 of event id, line feed and point index', () => {
  const share = createHash('sha256').update('e3\n0').digest().readUInt32BE(0) / 2 ** 32
  assert.equal(nextPointMs(defaults, 'e3', 0), 5_000 + 500 * share)
})

test('the next point is later than the age, the same for everybody who asks, and never skips backwards', () => {
  const policies = fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 100, max: 10 ** 7 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1_000, max: 10 ** 8 }),
    )
    .map(([points, giveUpAfterMs]) => ({ scheduleMs: points.sort((a, b) => a - b), giveUpAfterMs }))
  fc.assert(
    fc.property(policies, fc.string(), fc.nat(10 ** 9), fc.nat(10 ** 6), (policy, id, age, later) => {
      const point = nextPointMs(policy, id, age)
      assert.ok(point > age)
      assert.equal(nextPointMs(policy, id, age), point)
      assert.ok(nextPointMs(policy, id, age + later) >= point || age + later < point)
    }),
  )
})

test('gives up only when the clock has run out and this owner has worked long enough without hold', () => {
  const policy = { scheduleMs: [1_000], giveUpAfterMs: 10 * hour }
  const at = (nowMs: number, workingSinceMs: number | null) =>
    isExhausted(policy, { clockMs: 0, workingSinceMs, nowMs })
  assert.equal(at(10 * hour - 1, 0), false)
  assert.equal(at(10 * hour, 0), true)
  assert.equal(at(30 * hour, null), false)
  assert.equal(at(30 * hour, 29 * hour + 1), false)
  assert.equal(at(30 * hour, 29 * hour), true)
})
