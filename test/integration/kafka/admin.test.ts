import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAdmin } from '#shared/kafka/admin.ts'
import { createAdminClient } from '#shared/kafka/admin-client.ts'
import { uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { adminFor, connectionOf, lanesFor, textRecord, topicFor } from './fixture.ts'
import { untilServed } from './served.ts'

test('creates a topic with three replicas once, and calls it safe', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 3 })
  assert.equal(await admin.createTopic({ name: topic, partitions: 3 }), 'exists')
  assert.deepEqual(await admin.unsafeTopicReasons(topic), [])
  const described = await admin.describeTopic(topic)
  assert.deepEqual(
    described?.partitions.map(({ partition, replicas }) => [partition, replicas.length]),
    [
      [0, 3],
      [1, 3],
      [2, 3],
    ],
  )
  assert.equal(described?.config['message.timestamp.type'], 'LogAppendTime')
})

test('names why a topic could lose acknowledged records', async (t) => {
  const admin = await adminFor(t)
  const config = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' }
  const topic = await topicFor(t, admin, { partitions: 1, config })
  assert.deepEqual(await admin.unsafeTopicReasons(topic), [
    'min.insync.replicas is 1, not 2',
    'unclean.leader.election.enable is true',
  ])
  assert.deepEqual(await admin.unsafeTopicReasons(uniqueName('absent')), ['it does not exist'])
})

test('is not misled by another topic that it asked about and that was deleted since', async (t) => {
  const [admin, other] = [await adminFor(t), await adminFor(t)]
  const [deleted, kept, doomed] = [
    await topicFor(t, other, { partitions: 1 }),
    await topicFor(t, other, { partitions: 1 }),
    await topicFor(t, other, { partitions: 1 }),
  ]
  const forget = async () => {
    await admin.offsets(deleted)
    await other.deleteTopic(deleted)
    await until('it is gone', async () => (await other.describeTopic(deleted)) === undefined)
  }
  await until(
    'they are known to whoever is asked',
    async () => (await admin.describeTopic(kept)) && admin.describeTopic(doomed),
  )
  await forget()
  assert.deepEqual(await admin.unsafeTopicReasons(kept), [])
  await other.createTopic({ name: deleted, partitions: 1 })
  await forget()
  await admin.deleteTopic(doomed)
  await until('the doomed topic is gone', async () => (await other.describeTopic(doomed)) === undefined)
})

test('changes one setting of a topic and leaves the others', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, {
    partitions: 1,
    config: { 'retention.ms': '1000000', 'segment.bytes': '2000000' },
  })
  await admin.configureTopic(topic, { 'retention.ms': '2000000' })
  const config = await until('the topic has the retention', async () => {
    const found = (await admin.describeTopic(topic))?.config
    return found?.['retention.ms'] === '2000000' ? found : undefined
  })
  assert.equal(config['segment.bytes'], '2000000')
  assert.equal(config['min.insync.replicas'], '2')
})

test('knows the ends of a log and the offset of a time; past the end it is the end', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const lanes = lanesFor(t, 'shared')
  for (const value of ['a', 'b']) await lanes.append(topic, 1, textRecord(value))
  assert.deepEqual(await admin.offsets(topic), [
    { partition: 0, low: 0, high: 0 },
    { partition: 1, low: 0, high: 2 },
  ])
  assert.deepEqual(await admin.offsetsAt(topic, 0), [
    { partition: 0, offset: 0 },
    { partition: 1, offset: 0 },
  ])
  assert.equal((await admin.offsetsAt(topic, Date.now() + 60_000))[1]?.offset, 2)
})

test('deletes records below an offset, once or again, and none past the end', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const lanes = lanesFor(t, 'shared')
  for (const value of ['a', 'b', 'c']) await lanes.append(topic, 1, textRecord(value))
  const fresh = await adminFor(t)
  for (const beforeOffset of [2, 2, 1, 0]) await fresh.deleteRecords(topic, 1, beforeOffset)
  assert.deepEqual(await admin.offsets(topic), [
    { partition: 0, low: 0, high: 0 },
    { partition: 1, low: 2, high: 3 },
  ])
  await assert.rejects(fresh.deleteRecords(topic, 1, 4), { code: 'kafka-unavailable' })
  await assert.rejects(fresh.deleteRecords(topic, 7, 1), { code: 'kafka-unavailable' })
})

test('adds partitions to a topic and never takes any away', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const count = async () => (await admin.describeTopic(topic))?.partitions.length
  await admin.growTopic(topic, 3)
  await untilServed(topic, 3)
  for (const partitions of [3, 2]) await admin.growTopic(topic, partitions)
  assert.equal(await count(), 3)
  assert.ok((await admin.topics()).includes(topic))
})

test('describes the cluster, and answers calmly for what does not exist', async (t) => {
  const admin = await adminFor(t)
  const { brokers, controllerId } = await admin.cluster()
  assert.equal(brokers.length, 3)
  assert.ok(brokers.some(({ id }) => id === controllerId))
  const absent = uniqueName('absent')
  assert.equal(await admin.describeTopic(absent), undefined)
  assert.deepEqual(await admin.groupMembers(absent), [])
  await admin.deleteTopic(absent)
  await admin.deleteGroup(absent)
})

test('goes on after a topic it knew was deleted', async (t) => {
  const admin = await adminFor(t)
  const gone = await topicFor(t, admin, { partitions: 1 })
  await admin.offsets(gone)
  await admin.deleteTopic(gone)
  const kept = await topicFor(t, admin, { partitions: 1 })
  assert.deepEqual(await admin.offsets(kept), [{ partition: 0, low: 0, high: 0 }])
})

test('waits for a cluster that does not answer until it is told to give up', async () => {
  const connection = { ...connectionOf('admin'), brokers: ['127.0.0.1:1'] }
  await assert.rejects(openAdmin(connection, AbortSignal.timeout(1_500)), { name: 'AbortError' })
})

test('a failure of one question does not cut off another that is under way on the same connection', async (t) => {
  const client = createAdminClient(connectionOf('admin'))
  t.after(() => client.close())
  let asked = 0
  const failed = Promise.withResolvers<void>()
  const patient = client.call('ask patiently', async (admin) => {
    asked += 1
    await failed.promise
    return await admin.describeCluster()
  })
  let failures = 0
  await client.call('fail once', async () => {
    failures += 1
    if (failures === 1) throw new Error('the broker said no')
  })
  failed.resolve()
  assert.equal((await patient).brokers.length, 3)
  assert.equal(asked, 1)
})
