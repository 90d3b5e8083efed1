import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitReceipts } from '#shared/kafka/commit-receipts.ts'

const entries = [
  { topic: 'events', partition: 1, offset: 7 },
  { topic: 'retry', partition: 1, offset: 2 },
]
const event = [
  { topic: 'retry', partitions: [{ partition: 1, offset: '2' }] },
  { topic: 'events', partitions: [{ partition: 1, offset: '7' }] },
]

test('a commit without its receipt did not happen', () => {
  const receipts = new CommitReceipts()
  assert.equal(receipts.take(entries), false)
  receipts.receive([{ topic: 'events', partitions: [{ partition: 1, offset: '8' }] }])
  assert.equal(receipts.take(entries), false)
})

test('each receipt counts once, whatever the order of topics', () => {
  const receipts = new CommitReceipts()
  receipts.receive(event)
  receipts.receive(event)
  assert.deepEqual(
    [1, 2, 3].map(() => receipts.take(entries)),
    [true, true, false],
  )
})
