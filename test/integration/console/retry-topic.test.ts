import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { createRemoval } from '../../../services/console/removal.ts'
import { uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { adminFor, memberFor, topicFor } from '../kafka/fixture.ts'
import { createInstallation, quietLog } from './running-console.ts'

const path = '/v1/subscriptions/billing'
const definition = { stream: 'orders', destination: { targets: [{ url: 'http://127.0.0.1:8071/' }] } }

const partitionsOf = async (admin: KafkaAdmin, topic: string) => (await admin.describeTopic(topic))?.partitions.length

// Not every broker knows of a new or a changed topic at once, and any of them may answer the test or the console.
test('the retry topic of a subscription follows the topic of its stream', async (t) => {
  const admin = await adminFor(t)
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const config = { 'max.message.bytes': '3000000' }
  const source = await topicFor(t, admin, { partitions: 3, config })
  await until(
    'the stream is bound',
    async () => (await api('PUT', '/v1/streams/orders', { topic: source })).status < 400,
  )
  const made = await api('PUT', path, definition)
  const retryTopic = String(made.body.retryTopic)

  await t.test(
    'it is there with the first answer: as many partitions, room for headers, kept without limit',
    async () => {
      assert.equal(made.status, 201)
      assert.equal(retryTopic, `${installation.prefix}retry.billing.${made.body.uid}`)
      const topic = await until('the topic is known', () => admin.describeTopic(retryTopic))
      assert.deepEqual(
        topic.partitions.map(({ leader, replicas }) => [leader > 0, replicas.length]),
        [
          [true, 3],
          [true, 3],
          [true, 3],
        ],
      )
      const kept = [
        'cleanup.policy',
        'retention.ms',
        'retention.bytes',
        'message.timestamp.type',
        'min.insync.replicas',
      ]
      assert.deepEqual(
        kept.map((setting) => topic.config[setting]),
        ['delete', '-1', '-1', 'LogAppendTime', '2'],
      )
      assert.equal(topic.config['max.message.bytes'], '3065536')
    },
  )

  await t.test('the dead letters take what the retry topic takes', async () => {
    await until('they have the room', async () => {
      const letters = await admin.describeTopic(topicNames(installation.prefix).deadLetters)
      return letters?.config['max.message.bytes'] === '3065536'
    })
  })

  await t.test('a PUT puts back what is missing or was changed, and the revision stays', async () => {
    const configOf = async () => (await admin.describeTopic(retryTopic))?.config ?? {}
    await admin.configureTopic(retryTopic, { 'retention.ms': '1000', 'max.message.bytes': '1000' })
    await until('the settings are wrong', async () => (await configOf())['retention.ms'] === '1000')
    await until('the settings are back', async () => {
      assert.equal((await api('PUT', path, definition)).body.revision, made.body.revision)
      const config = await configOf()
      return config['retention.ms'] === '-1' && config['max.message.bytes'] === '3065536'
    })
    await admin.deleteTopic(retryTopic)
    await until('the topic is gone', async () => (await partitionsOf(admin, retryTopic)) === undefined)
    await until('the topic is there again', async () => {
      const { status } = await api('PUT', path, definition)
      return status === 200 && (await partitionsOf(admin, retryTopic)) === 3
    })
  })

  await t.test('it grows with a bound topic whose owner made it larger', async () => {
    await admin.growTopic(source, 5)
    await until('the retry topic has grown', async () => {
      assert.equal((await api('PATCH', path, { description: 'grown' })).status, 200)
      return (await partitionsOf(admin, retryTopic)) === 5
    })
  })

  await t.test('a bound topic that was made anew with fewer partitions is refused', async () => {
    await admin.deleteTopic(source)
    await until('the topic is gone', async () => (await partitionsOf(admin, source)) === undefined)
    await admin.createTopic({ name: source, partitions: 2 })
    const refused = await until('it is refused', async () => {
      const answer = await api('PUT', path, definition)
      return answer.body.code === 'partitions-fixed' && answer
    })
    assert.equal(refused.status, 409)
    assert.match(String(refused.body.detail), /delete the subscription/)
  })

  await t.test('it goes with the subscription', async () => {
    assert.equal((await api('DELETE', path)).status, 204)
    await until('the topic is gone', async () => (await partitionsOf(admin, retryTopic)) === undefined)
  })
})

test('init makes the retry topic that a subscription of an earlier version lacks', async (t) => {
  const admin = await adminFor(t)
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const retryTopic = String((await api('GET', '/v1/subscriptions/demo-inbox')).body.retryTopic)
  await until('the topic is known', async () => (await partitionsOf(admin, retryTopic)) === 6)
  await admin.deleteTopic(retryTopic)
  await until('the topic is gone', async () => (await partitionsOf(admin, retryTopic)) === undefined)
  await until('the topic is there again', async () => {
    await installation.initialize()
    return (await partitionsOf(admin, retryTopic)) === 6
  })
})

test('group and retry topic of a deleted subscription go once its runners have left', async (t) => {
  const admin = await adminFor(t)
  const [retryTopic, group] = [await topicFor(t, admin, { partitions: 1 }), uniqueName('billing')]
  const member = memberFor(t, { groupId: group, topics: [retryTopic] })
  const owned = await until('the member has joined', () => member.assignments.at(-1))
  await member.keeper.commit(owned.epoch, [{ topic: retryTopic, partition: 0, offset: 0, metadata: '' }])
  let refusals = 0
  const deleteGroup = (groupId: string) =>
    admin.deleteGroup(groupId).catch((error) => {
      refusals += 1
      throw error
    })
  const removal = createRemoval({ deleteGroup, deleteTopic: admin.deleteTopic }, quietLog)
  t.after(() => removal.close())
  removal.removeLater({ group, retryTopic })
  await until('Kafka refuses while the member is there', () => refusals > 0)
  assert.equal(await partitionsOf(admin, retryTopic), 1)
  await member.keeper.stop()
  await until('the topic is gone', async () => (await partitionsOf(admin, retryTopic)) === undefined)
})
