import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Run } from '#shared/delivery/commit-metadata.ts'
import {
  type AckWindow,
  addToRuns,
  baseOf,
  finish,
  finishedRuns,
  isInRuns,
  isRestored,
  openWindow,
  passTo,
  start,
} from '../../../../services/consumer/pair/ack-window.ts'

const offsetsOf = (runs: Iterable<Run>): number[] =>
  [...runs].flatMap(({ start: from, length }) => Array.from({ length }, (_, index) => from + index))

/** Reads [from, to) as the stream half does: what was finished before is not started. */
function readAll(window: AckWindow, from: number, to: number): void {
  for (let offset = from; offset < to; offset += 1) {
    passTo(window, offset + 1)
    if (!isRestored(window, offset)) start(window, offset)
  }
}

const anyRestored = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 9 }), length: fc.integer({ min: 1, max: 9 }) }), { maxLength: 9 })
  .map((parts) => {
    let end = 100
    return parts.map(({ gap, length }, index): Run => {
      // the first one may begin at the base: delivered, but not committed
      const from = end + (index === 0 ? gap - 1 : gap)
      end = from + length
      return { start: from, length }
    })
  })

test('base is the lowest unfinished offset and the runs are what is finished above it, however far it was read', () => {
  fc.assert(
    fc.property(anyRestored, fc.nat(120), fc.uniqueArray(fc.nat(119)), (restored, count, finished) => {
      const window = openWindow(100, restored)
      readAll(window, 100, 100 + count)
      const done = new Set(offsetsOf(restored))
      for (const distance of finished.filter((one) => one < count)) {
        finish(window, 100 + distance)
        done.add(100 + distance)
      }
      let base = 100
      while (done.has(base)) base += 1
      assert.equal(baseOf(window), base)
      const above = [...done].filter((offset) => offset > base).sort((a, b) => a - b)
      assert.deepEqual(offsetsOf(finishedRuns(window)), above)
    }),
  )
})

test('offsets that are added to runs are in them afterwards, and runs that touch are one', () => {
  fc.assert(
    fc.property(anyRestored, fc.uniqueArray(fc.integer({ min: 100, max: 250 })), (runs, offsets) => {
      const added = offsets.filter((offset) => !isInRuns(runs, offset))
      const joined = addToRuns(runs, added)
      assert.deepEqual(
        offsetsOf(joined),
        [...offsetsOf(runs), ...added].sort((a, b) => a - b),
      )
      for (const [index, { start: from, length }] of joined.entries()) {
        const next = joined[index + 1]
        assert.ok(next === undefined || next.start > from + length)
      }
    }),
  )
})

test('offsets that the log passed over are finished', () => {
  const window = openWindow(5)
  for (const offset of [5, 9, 12]) {
    passTo(window, offset + 1)
    start(window, offset)
  }
  assert.deepEqual(
    [...finishedRuns(window)],
    [
      { start: 6, length: 3 },
      { start: 10, length: 2 },
    ],
  )
  finish(window, 5)
  assert.equal(baseOf(window), 9)
  finish(window, 12)
  finish(window, 9)
  assert.equal(baseOf(window), 13)
})

test('a gap of any size costs nothing, with something unfinished below it or not', () => {
  const window = openWindow(0)
  passTo(window, 1)
  start(window, 0)
  passTo(window, 4_000_000_000)
  assert.equal(baseOf(window), 0)
  assert.deepEqual([...finishedRuns(window)], [{ start: 1, length: 3_999_999_999 }])
  finish(window, 0)
  assert.equal(baseOf(window), 4_000_000_000)
})
