import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AckWindow,
  finish,
  finishedRuns,
  isFinished,
  openWindow,
  passTo,
  restoreRuns,
} from '../../../../services/consumer/pair/ack-window.ts'

const offsetsOf = (window: AckWindow): number[] =>
  [...finishedRuns(window)].flatMap(({ start, length }) => Array.from({ length }, (_, index) => start + index))

test('base is the lowest unfinished offset, whatever the order of finishing', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.uniqueArray(fc.nat(300)), (base, distances) => {
      const window = openWindow(base)
      const finished = new Set(distances.map((distance) => base + distance))
      for (const offset of finished) passTo(window, offset)
      const open = openWindow(base)
      for (let offset = base; offset <= base + 300; offset += 1) passTo(open, offset)
      for (const offset of finished) finish(open, offset)
      let lowest = base
      while (finished.has(lowest)) lowest += 1
      assert.equal(open.base, lowest)
      assert.deepEqual(
        offsetsOf(open),
        [...finished].filter((offset) => offset > lowest).sort((a, b) => a - b),
      )
    }),
  )
})

test('offsets that the log passed over are finished', () => {
  const window = openWindow(5)
  for (const offset of [5, 9, 12]) passTo(window, offset)
  assert.deepEqual(
    [6, 7, 8, 10, 11].map((offset) => isFinished(window, offset)),
    [true, true, true, true, true],
  )
  finish(window, 5)
  assert.equal(window.base, 9)
  finish(window, 9)
  assert.equal(window.base, 12)
})

test('with nothing unfinished a gap of any size costs nothing', () => {
  const window = openWindow(0)
  passTo(window, 4_000_000_000)
  assert.equal(window.base, 4_000_000_000)
  assert.equal(window.flags.length, 4_096)
})

test('the ring grows with the distance and forgets nothing', () => {
  const window = openWindow(1_000)
  for (let offset = 1_000; offset < 50_000; offset += 1) passTo(window, offset)
  for (let offset = 1_001; offset < 50_000; offset += 1) if (offset % 7 !== 0) finish(window, offset)
  assert.equal(window.base, 1_000)
  finish(window, 1_000)
  for (let offset = 1_001; offset < 50_000; offset += 1)
    assert.equal(isFinished(window, offset), offset % 7 !== 0 || offset < window.base)
})

test('restored runs are finished before they are read, and reading goes on above them', () => {
  const window = openWindow(10)
  restoreRuns(window, [{ start: 11, length: 3 }])
  passTo(window, 10)
  assert.equal(isFinished(window, 10), false)
  finish(window, 10)
  assert.equal(window.base, 14)
  assert.equal(window.next, 14)
})
