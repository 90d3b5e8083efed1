import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSampleClock } from '../../../services/console/sample-clock.ts'

test('an offset is as old as the last sample that did not have it', () => {
  const clock = createSampleClock()
  for (const [atMs, end] of [
    [1_000, 0],
    [2_000, 5],
    [3_000, 5],
    [4_000, 9],
  ] as const)
    clock.add(end, atMs)
  assert.equal(clock.storedAfterMs(0), 1_000)
  assert.equal(clock.storedAfterMs(4), 1_000)
  assert.equal(clock.storedAfterMs(5), 3_000)
  assert.equal(clock.storedAfterMs(9), null)
  assert.equal(clock.perSecond(), 4)
})

test('what was there before the first sample is at least as old as it', () => {
  const clock = createSampleClock()
  assert.equal(clock.storedAfterMs(0), null)
  assert.equal(clock.perSecond(), null)
  clock.add(100, 1_000)
  assert.equal(clock.storedAfterMs(50), 1_000)
})
