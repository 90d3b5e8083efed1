import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, RecordMetadata } from 'kafkajs'
import { type OpenProducer, ProducerSource } from '#shared/kafka/lane-producers.ts'

type Answer = Partial<RecordMetadata>[]

const good: Answer = [{ topicName: 'events', partition: 3, errorCode: 0, baseOffset: '42' }]
const messages: Message[] = [{ value: 'a', partition: 3 }]

/** A source of fake producers; `closed` lists the numbers of those that were closed. */
function fakeSource(answer: Answer = good, failures = 0) {
  const closed: number[] = []
  const opened: number[] = []
  const source = new ProducerSource(async (number): Promise<OpenProducer> => {
    opened.push(number)
    if (number <= failures) throw new Error('no broker')
    const close = async () => void closed.push(number)
    return {
      send: async () => answer as RecordMetadata[],
      topics: new Set<string>(),
      close,
      leases: 0,
      isRetired: false,
    }
  })
  return { source, closed, opened }
}

test('two lanes share one producer, opened once', async () => {
  const { source, opened } = fakeSource()
  const [first, second] = [source.forPartition('events', 3), source.forPartition('events', 4)]
  await Promise.all([first.lease(), second.lease()])
  assert.deepEqual(opened, [1])
})

test('a producer that failed to start is thrown away and the next lease tries again', async () => {
  const { source, opened } = fakeSource(good, 1)
  const lane = source.forPartition('events', 3)
  await assert.rejects(lane.lease(), /no broker/)
  const producer = await lane.lease()
  assert.equal(await producer.send(messages), 42)
  assert.deepEqual(opened, [1, 2])
})

test('a retired producer closes only when the lane that still waits for an answer gives it back', async () => {
  const { source, closed, opened } = fakeSource()
  const [first, second] = [source.forPartition('events', 3), source.forPartition('events', 4)]
  const [broken, waiting] = [await first.lease(), await second.lease()]
  first.retire(broken)
  await first.lease()
  assert.deepEqual(opened, [1, 2])
  assert.deepEqual(closed, [])
  second.giveBack(waiting)
  assert.deepEqual(closed, [1])
})

test('retiring an old producer leaves the new one in place', async () => {
  const { source, opened } = fakeSource()
  const [first, second] = [source.forPartition('events', 3), source.forPartition('events', 4)]
  const [broken, alsoBroken] = [await first.lease(), await second.lease()]
  first.retire(broken)
  await first.lease()
  second.retire(alsoBroken)
  await second.lease()
  assert.deepEqual(opened, [1, 2])
})

const notAcknowledged: Record<string, Answer> = {
  'nothing at all': [],
  'another partition': [{ ...good[0], partition: 4 }],
  'another topic': [{ ...good[0], topicName: 'other' }],
  'more than was sent': [...good, { ...good[0], partition: 4 }],
  'an error code': [{ ...good[0], errorCode: 5 }],
  'no offset': [{ ...good[0], baseOffset: '-1' }],
}

for (const [what, answer] of Object.entries(notAcknowledged)) {
  test(`an answer that names ${what} is not an acknowledgement`, async () => {
    const { source } = fakeSource(answer)
    const producer = await source.forPartition('events', 3).lease()
    await assert.rejects(producer.send(messages), /does not acknowledge events\/3/)
  })
}
