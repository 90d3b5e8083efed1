import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectOf, offsetFaults, standingOf } from '../../../services/console/seek-offsets.ts'

const subscription = { startOffsets: { 0: 20, 1: 20, 2: 20, 3: 20 } }
const bounds = [0, 1, 2, 3, 4].map((partition) => ({ partition, low: 10, high: 100 }))

test('it stands where it was moved to, else where it committed, else where it starts, within the log', () => {
  const committed = [
    { partition: 0, offset: 50 },
    { partition: 1, offset: 50 },
    { partition: 2, offset: null },
    { partition: 3, offset: 5_000 },
  ]
  const standing = standingOf({ subscription, bounds, committed, pending: { 0: 7 } })
  assert.deepEqual([...standing.values()], [10, 50, 20, 100, 10])
})

test('a move forward skips, a move back repeats, partitions it does not name count for nothing', () => {
  const standing = new Map([
    [0, 50],
    [1, 50],
    [2, 50],
  ])
  assert.deepEqual(effectOf(standing, { 0: 100, 1: 47 }), { skipped: 50, repeated: 3 })
  assert.deepEqual(effectOf(standing, { 0: 50 }), { skipped: 0, repeated: 0 })
})

test('offsets the log does not hold and partitions it does not have are named with what would do', () => {
  const faults = (offsets: Record<string, number>) => offsetFaults(offsets, { stream: 'orders', bounds })
  assert.deepEqual(faults({ 0: 10, 4: 100 }), [])
  assert.deepEqual(
    faults({ 0: 9, 1: 101, 5: 1, '00': 20, 'a/b': 1 }).map(({ pointer, code, fix }) => [pointer, code, fix]),
    [
      ['/to/0', 'too-small', 'name one from 10 to 100, its end'],
      ['/to/1', 'too-large', 'name one from 10 to 100, its end'],
      ['/to/5', 'partition-unknown', 'name one of 0 to 4'],
      ['/to/00', 'partition-unknown', 'name one of 0 to 4'],
      ['/to/a~1b', 'partition-unknown', 'name one of 0 to 4'],
    ],
  )
})
