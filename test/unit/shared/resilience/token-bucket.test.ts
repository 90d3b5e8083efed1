import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTokenBucket } from '#shared/resilience/token-bucket.ts'

test('a full bucket gives the burst at once, and then what comes in', () => {
  let nowMs = 0
  const bucket = createTokenBucket({ perSecond: 10, burst: 5 }, () => nowMs)
  assert.deepEqual(
    [1, 1, 1, 1, 1, 1].map((cost) => bucket.take(cost)),
    [0, 0, 0, 0, 0, 100],
  )
  nowMs = 99
  assert.equal(bucket.take(1), 1)
  nowMs = 100
  assert.deepEqual([bucket.take(1), bucket.take(1)], [0, 100])
})

test('what is refused takes nothing', () => {
  const bucket = createTokenBucket({ perSecond: 1, burst: 10 }, () => 0)
  assert.deepEqual([bucket.take(8), bucket.take(3), bucket.take(2), bucket.take(1)], [0, 1_000, 0, 1_000])
})

test('more than the burst never passes', () => {
  assert.ok(createTokenBucket({ perSecond: 1, burst: 10 }, () => 0).take(11) > 0)
})

const step = fc.record({ waitMs: fc.nat(2_000), cost: fc.integer({ min: 1, max: 50 }) })
const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 100 }) })

test('no stretch of time lets more pass than the burst and the rate allow, and who waits as told passes', () => {
  fc.assert(
    fc.property(rate, fc.array(step, { maxLength: 100 }), ({ perSecond, burst }, steps) => {
      let nowMs = 0
      const bucket = createTokenBucket({ perSecond, burst }, () => nowMs)
      const passed: { atMs: number; cost: number }[] = []
      for (const { waitMs, cost } of steps) {
        nowMs += waitMs
        const toldMs = bucket.take(cost)
        if (toldMs === 0) passed.push({ atMs: nowMs, cost })
        else if (cost <= burst) {
          nowMs += toldMs
          assert.equal(bucket.take(cost), 0)
          passed.push({ atMs: nowMs, cost })
        }
      }
      passed.forEach((first, start) => {
        let sum = 0
        for (const { atMs, cost } of passed.slice(start)) {
          sum += cost
          assert.ok(sum <= burst + ((atMs - first.atMs) / 1_000) * perSecond + 1e-3)
        }
      })
    }),
  )
})
