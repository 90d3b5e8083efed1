import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchAvailability } from '../../../services/console/availability.ts'

const startMs = 1_000_000

test('says nothing before anything was observed, and 1 while all is well', () => {
  const availability = watchAvailability()
  assert.equal(availability.answer(startMs), null)
  for (let s = 0; s <= 100; s += 5) availability.look(true, startMs + s * 1_000)
  assert.deepEqual(availability.answer(startMs + 100_000), {
    ...{ windowSeconds: 100, ratio: 1, mtbfSeconds: null, mttrSeconds: null, largestGapSeconds: 0 },
  })
})

test('a gap lasts from the last good look to the next one', () => {
  const availability = watchAvailability()
  for (let s = 0; s <= 100; s += 5) {
    const ended = availability.look(s !== 20 && (s < 50 || s >= 65), startMs + s * 1_000)
    if (s === 25) assert.deepEqual(ended, { fromMs: startMs + 15_000, toMs: startMs + 25_000 })
  }
  assert.deepEqual(availability.answer(startMs + 100_000), {
    ...{ windowSeconds: 100, ratio: 0.7, mtbfSeconds: 35, mttrSeconds: 15, largestGapSeconds: 20 },
  })
})

test('a gap that is not over counts, and time in which nobody looked does not', () => {
  const availability = watchAvailability()
  availability.look(true, startMs)
  availability.look(true, startMs + 10_000)
  availability.look(true, startMs + 3_600_000)
  availability.look(false, startMs + 3_605_000)
  availability.look(false, startMs + 3_610_000)
  const answer = availability.answer(startMs + 3_610_000)
  assert.deepEqual([answer?.windowSeconds, answer?.ratio, answer?.largestGapSeconds], [20, 0.5, 10])
})
