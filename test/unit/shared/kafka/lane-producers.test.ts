import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LaneBatch } from '#shared/kafka/lane.ts'
import { ProducerSource } from '#shared/kafka/lane-producers.ts'
import type { OpenProducer } from '#shared/kafka/open-producer.ts'
import { kafkaError } from './fakes.ts'

const batchOf = (topic: string): LaneBatch => ({ topic, partition: 3, messages: [], bytes: 0 })

/** A source of fake producers whose first `failures` do not start; `closed` lists the numbers of those that were closed. */
function fakeSource({ failures = 0, unknownTopic = '' } = {}) {
  const closed: number[] = []
  const opened: number[] = []
  const source = new ProducerSource(async (number): Promise<OpenProducer> => {
    opened.push(number)
    if (number <= failures) throw new Error('no broker')
    return {
      send: async ({ topic }) => {
        if (topic === unknownTopic) throw kafkaError('UNKNOWN_TOPIC_OR_PARTITION')
        return number
      },
      sendRound: async () => ({ kind: 'written', offsets: [number] }),
      close: async () => void closed.push(number),
    }
  })
  return { source, closed, opened }
}

test('two lanes share one producer, opened once', async () => {
  const { source, opened } = fakeSource()
  await Promise.all([source.lease(), source.lease()])
  assert.deepEqual(opened, [1])
})

test('a producer that failed to start is thrown away and the next lease tries again', async () => {
  const { source, opened } = fakeSource({ failures: 1 })
  await assert.rejects(source.lease(), /no broker/)
  const lease = await source.lease()
  assert.equal(await lease.send(batchOf('events')), 2)
  assert.deepEqual(opened, [1, 2])
})

test('a retired producer closes only when the lane that still waits for an answer gives it back', async () => {
  const { source, closed, opened } = fakeSource()
  const [broken, waiting] = [await source.lease(), await source.lease()]
  broken.retire()
  await source.lease()
  assert.deepEqual(opened, [1, 2])
  assert.deepEqual(closed, [])
  waiting.giveBack()
  assert.deepEqual(closed, [1])
})

test('retiring an old producer leaves the new one in place', async () => {
  const { source, opened } = fakeSource()
  const [broken, alsoBroken] = [await source.lease(), await source.lease()]
  broken.retire()
  await source.lease()
  alsoBroken.retire()
  await source.lease()
  assert.deepEqual(opened, [1, 2])
})

test('a shared lease is of the same producer, also when that was retired', async () => {
  const { source, closed } = fakeSource()
  const [first, broken] = [await source.lease(), await source.lease()]
  broken.retire()
  const shared = first.share()
  first.giveBack()
  assert.deepEqual(closed, [])
  assert.equal(await shared.send(batchOf('events')), 1)
  assert.equal(await (await source.lease()).send(batchOf('events')), 2)
  shared.giveBack()
  assert.deepEqual(closed, [1])
})

test('a producer that wrote to other topics is not asked twice for one it does not know', async () => {
  const { source, opened } = fakeSource({ unknownTopic: 'new' })
  const lease = await source.lease()
  await lease.send(batchOf('events'))
  await assert.rejects(lease.send(batchOf('new')))
  await source.lease()
  assert.deepEqual(opened, [1, 2])
})

test('once closed it opens nothing more', async () => {
  const { source, opened, closed } = fakeSource()
  const lease = await source.lease()
  lease.giveBack()
  await source.close()
  await assert.rejects(source.lease(), /closed/)
  assert.deepEqual([opened, closed], [[1], [1]])
})
