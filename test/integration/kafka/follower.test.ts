import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { evictMembers } from '#shared/kafka/evict.ts'
import { followTopic } from '#shared/kafka/follower.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { adminFor, connectionOf, lanesFor, textRecord, topicFor } from './fixture.ts'

/** A group that has to be joined twice takes 10 s: an attempt counts as failed after 6.5 s. */
const patienceMs = 60_000

async function compactedTopic(t: TestContext) {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1, config: { 'cleanup.policy': 'compact' } })
  return { topic, lanes: lanesFor(t, 'shared') }
}

async function follow(t: TestContext, topic: string, lanes: ProduceLanes) {
  const keys: string[] = []
  const connection = connectionOf('follower')
  const follower = await followTopic({
    ...{ connection, topic },
    onRecord: (record) => keys.push(String(record.key)),
    hello: {
      key: Buffer.from('hello/me'),
      append: async (record) => ({ partition: 0, offset: await lanes.append(topic, 0, record) }),
    },
  })
  t.after(() => follower.close())
  return { follower, keys, clientId: connection.clientId }
}

test('reads the whole topic, proves with a hello of its own that it is up to date, and stays on it', async (t) => {
  const { topic, lanes } = await compactedTopic(t)
  await Promise.all(['a', 'b', 'c'].map((key) => lanes.append(topic, 0, textRecord('1', key))))
  const { follower, keys } = await follow(t, topic, lanes)
  assert.equal(await follower.caughtUp(patienceMs), true)
  assert.deepEqual(keys, ['a', 'b', 'c', 'hello/me'])
  const appendedAtMs = performance.now()
  await lanes.append(topic, 0, textRecord('2', 'a'))
  await until('the new record arrives', () => keys.length === 5)
  assert.equal(keys[4], 'a')
  assert.ok(performance.now() - follower.lastFetchAgeMs() > appendedAtMs, 'the fetch that brought it counts')
})

test('says so when it is not up to date in time', async (t) => {
  const { topic, lanes } = await compactedTopic(t)
  const { follower } = await follow(t, topic, lanes)
  assert.equal(await follower.caughtUp(1), false)
})

test('goes on where it was, each record once, after its membership broke', async (t) => {
  const { topic, lanes } = await compactedTopic(t)
  await lanes.append(topic, 0, textRecord('1', 'a'))
  const { follower, keys, clientId } = await follow(t, topic, lanes)
  assert.equal(await follower.caughtUp(patienceMs), true)
  assert.equal(await evictMembers(testBrokers(), topic, clientId), 1)
  await lanes.append(topic, 0, textRecord('1', 'b'))
  assert.equal(await follower.caughtUp(patienceMs), true)
  assert.deepEqual(keys, ['a', 'hello/me', 'b', 'hello/me'])
})
