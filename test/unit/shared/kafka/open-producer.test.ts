import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProducerRecord, RecordMetadata } from 'kafkajs'
import { appendFaultOf, RepeatedSend } from '#shared/kafka/errors.ts'
import type { LaneBatch } from '#shared/kafka/lane.ts'
import { appending } from '#shared/kafka/open-producer.ts'
import { type LaneMessage, toMessage } from '#shared/kafka/record-mapping.ts'
import { Round } from '#shared/kafka/round.ts'
import { kafkaError, textRecord } from './fakes.ts'

type Answer = Partial<RecordMetadata>[]

const batchOf = (partition: number, values = ['a', 'b']): LaneBatch => ({
  ...{ topic: 'events', partition, bytes: 0 },
  messages: values.map((value) => toMessage(textRecord(value), partition)),
})

const named = (partition: number, baseOffset: number) => ({
  ...{ topicName: 'events', partition, errorCode: 0, baseOffset: String(baseOffset) },
})

/** Batches go out over a producer that always gives this answer. */
function answering(answer: Answer) {
  const sent: ProducerRecord[] = []
  const producer = appending(async (record) => {
    sent.push(record)
    return answer as RecordMetadata[]
  })
  return { producer, sent }
}

test('waits for all in-sync replicas, alone and in a round', async () => {
  const { producer, sent } = answering([named(3, 42), named(4, 7)])
  await producer.sendRound([batchOf(3), batchOf(4)])
  await assert.rejects(producer.send(batchOf(3)))
  assert.deepEqual(
    sent.map(({ acks }) => acks),
    [-1, -1],
  )
})

test('a round is one send to one topic and gives each batch its own offset, in whatever order Kafka names them', async () => {
  const { producer, sent } = answering([named(4, 7), named(3, 42)])
  assert.deepEqual(await producer.sendRound([batchOf(3), batchOf(4)]), { kind: 'written', offsets: [42, 7] })
  assert.deepEqual(
    sent.map(({ topic, messages }) => [topic, messages.map(({ partition }) => partition)]),
    [['events', [3, 3, 4, 4]]],
  )
})

test('a batch that is sent alone after a round goes without that round', async () => {
  const { producer, sent } = answering([named(3, 42)])
  const batch = batchOf(3)
  await producer.sendRound([batch, batchOf(4)])
  const passages = () => new Set(batch.messages.map(({ passage }) => passage))
  const [round] = passages()
  assert.ok(round instanceof Round)
  assert.equal(await producer.send(batch), 42)
  assert.equal(sent.length, 2)
  assert.ok(!passages().has(round))
})

const good = named(3, 42)
const notAcknowledged: Record<string, Answer> = {
  'nothing at all': [],
  'another partition': [{ ...good, partition: 4 }],
  'another topic': [{ ...good, topicName: 'other' }],
  'more than was sent': [good, { ...good, partition: 4 }],
  'an error code': [{ ...good, errorCode: 5 }],
  'no offset': [{ ...good, baseOffset: '-1' }],
}

for (const [what, answer] of Object.entries(notAcknowledged)) {
  test(`an answer that names ${what} is not an acknowledgement`, async () => {
    const { producer } = answering(answer)
    await assert.rejects(producer.send(batchOf(3)), /does not acknowledge events\/3/)
  })
}

for (const tries of [1, 2]) {
  test(`a send that kafkajs makes ${tries} times ends with what it says of the last one, and says when there was another`, async () => {
    const producer = appending(async ({ messages }) => {
      for (let round = 0; round < tries; round += 1)
        for (const { passage } of messages as LaneMessage[]) passage?.pass(3, [])
      throw kafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    })
    const rejection = (error: unknown) =>
      appendFaultOf(error) === 'unknown-topic' && error instanceof RepeatedSend === tries > 1
    await assert.rejects(producer.send(batchOf(3)), rejection)
    const ended = await producer.sendRound([batchOf(3)])
    assert.ok(ended.kind === 'unknown' && rejection(ended.error))
  })
}

test('a partition that kafkajs left out is one that the topic does not have', async () => {
  const { producer } = answering([])
  await assert.rejects(producer.send(batchOf(3)), (error) => appendFaultOf(error) === 'unknown-topic')
})

const other = named(4, 7)
const notAcknowledgedRounds: Record<string, Answer> = {
  'one of two partitions': [good],
  'one partition twice': [good, good],
  'a third partition': [good, other, named(5, 1)],
  'another partition instead': [good, named(5, 1)],
  'an error code for one': [good, { ...other, errorCode: 5 }],
}

for (const [what, answer] of Object.entries(notAcknowledgedRounds)) {
  test(`an answer that names ${what} acknowledges nothing of a round`, async () => {
    const { producer } = answering(answer)
    const ended = await producer.sendRound([batchOf(3), batchOf(4)])
    assert.equal(ended.kind, 'unknown')
  })
}
