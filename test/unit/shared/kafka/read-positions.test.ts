import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadPositions } from '#shared/kafka/read-positions.ts'

const at = (offset: number) => {
  const positions = new ReadPositions()
  positions.seek('events', 0, offset)
  return positions
}

test('accepts nothing before the first seek', () => {
  const verdict = new ReadPositions().judge('events', 0, { from: 0, last: 9 })
  assert.deepEqual(verdict, { accept: false, seekTo: undefined })
})

test('accepts batches that follow each other without a hole', () => {
  const positions = at(5)
  assert.deepEqual(positions.judge('events', 0, { from: 5, last: 9 }), { accept: true })
  assert.deepEqual(positions.judge('events', 0, { from: 10, last: 12 }), { accept: true })
})

test('drops a batch of an older fetch and goes back to where reading stood', () => {
  const positions = at(5)
  assert.deepEqual(positions.judge('events', 0, { from: 20, last: 29 }), { accept: false, seekTo: 5 })
  assert.deepEqual(positions.judge('events', 0, { from: 0, last: 4 }), { accept: false, seekTo: 5 })
  assert.deepEqual(positions.judge('events', 1, { from: 5, last: 9 }), { accept: false, seekTo: undefined })
})

test('goes on behind a batch that compaction emptied, but never back', () => {
  const positions = at(5)
  positions.skip('events', 0, 7)
  positions.skip('events', 0, 2)
  assert.deepEqual(positions.judge('events', 0, { from: 8, last: 9 }), { accept: true })
})

test('forgets everything at a new assignment', () => {
  const positions = at(5)
  positions.clear()
  assert.equal(positions.judge('events', 0, { from: 5, last: 9 }).accept, false)
})
