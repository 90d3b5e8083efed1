import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionMetadata } from 'kafkajs'
import { lanePartitioner, Round } from '#shared/kafka/round.ts'

/** Metadata in which partition n has the n-th of these leaders. */
const led = (...leaders: number[]): PartitionMetadata[] =>
  leaders.map((leader, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader, replicas: [1, 2, 3], isr: [1, 2, 3], offlineReplicas: [] },
  }))

const notRetried = (error: unknown) => error instanceof Error && Reflect.get(error, 'retriable') === false

test('a round whose partitions have one leader passes', () => {
  const round = new Round(3)
  for (const partition of [0, 0, 2]) round.pass(partition, led(1, 2, 1))
  assert.equal(round.isSplit, false)
})

test('a round whose partitions have two leaders is stopped before anything goes out, and kafkajs does not try it again', () => {
  const round = new Round(3)
  round.pass(0, led(1, 2, 1))
  assert.throws(() => round.pass(1, led(1, 2, 1)), notRetried)
  assert.equal(round.isSplit, true)
  assert.throws(() => round.pass(0, led(1, 1, 1)), notRetried)
})

test('a round with a partition that has no leader, or is unknown, is split', () => {
  for (const metadata of [led(-1, 1), led()]) {
    const round = new Round(2)
    assert.throws(() => round.pass(0, metadata), notRetried)
    assert.equal(round.isSplit, true)
  }
})

test('a round that passed goes out once: a second try of kafkajs ends it, and it does not count as split', () => {
  const round = new Round(2)
  for (const partition of [0, 1]) round.pass(partition, led(1, 1))
  assert.throws(() => round.pass(0, led(1, 2)), notRetried)
  assert.throws(() => round.pass(1, led(1, 2)), notRetried)
  assert.equal(round.isSplit, false)
})

test('messages without a round go to their partition, whatever its leader and however often', () => {
  const seen: PartitionMetadata[][] = []
  const partitioner = lanePartitioner((metadata) => seen.push(metadata))()
  const partitionMetadata = led(-1, 2)
  const message = { value: 'a', partition: 1, passage: undefined }
  for (let time = 0; time < 2; time += 1) assert.equal(partitioner({ topic: 'events', partitionMetadata, message }), 1)
  assert.deepEqual(seen, [partitionMetadata, partitionMetadata])
})
