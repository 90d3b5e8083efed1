import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { createStream } from '#shared/catalog/create-stream.ts'
import { createSubscription } from '#shared/catalog/create-subscription.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { withDefaults } from '#shared/catalog/schema.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { keepGroup } from '#shared/kafka/group-keeper.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, type Installation, runConsumer, streamName } from './fixture.ts'

const silent = pino({ level: 'silent' })

/** Another stream of the installation, as a place to deliver to. */
async function otherStream({ catalog, admin, prefix, defer }: Installation, name: string): Promise<Stream> {
  const rest = { retentionMs: 86_400_000, retentionBytes: null, schema: null, description: '', defaultType: null }
  const stream = await createStream(
    { catalog, admin, topics: topicNames(prefix) },
    { name, partitions: 3, topic: null, ...rest },
  )
  defer(() => admin.deleteTopic(stream.topic))
  return stream
}

/** From a stream of the installation to a topic. */
async function forward(installation: Installation, from: Stream, topic: string): Promise<Subscription> {
  const { catalog, admin, prefix } = installation
  const body = { stream: from.name, destination: { kind: 'kafka', topic }, retry: { scheduleMs: [500] } }
  const { signingSecret: _, ...definition } = withDefaults(subscriptionDefinition, body)
  const box = createSecretBox(Buffer.alloc(32, 7))
  const provisioning = { catalog, admin, box, topics: topicNames(prefix) }
  const made = { name: uniqueName('mirror'), stream: from, definition, from: 'earliest' as const, signingSecret: null }
  return (await createSubscription(provisioning, made)).subscription
}

const streamOf = ({ catalog }: Installation): Stream => catalog.stream(streamName) as Stream

/** Everything in a topic from its start. */
function follow(t: TestContext, { prefix }: Installation, topic: string, partitions: number): readonly StoredRecord[] {
  const records: StoredRecord[] = []
  const keeper = keepGroup({
    connection: { brokers: testBrokers(), clientId: uniqueName('reader'), log: silent },
    groupId: `${prefix}${uniqueName('reader')}`,
    topics: [topic],
    sessionTimeoutMs: 6_000,
    onAssigned() {
      for (let partition = 0; partition < partitions; partition += 1) {
        keeper.seek(topic, partition, 0)
        keeper.resume(topic, [partition])
      }
    },
    onRevoking: () => {},
    onBatch: (batch) => void records.push(...batch.records),
    onBroken: (error) => assert.fail(String(error)),
  })
  t.after(() => keeper.stop())
  return records
}

const numberOf = ({ headers }: StoredRecord) => Number(headers.ce_id?.slice(1))

test('events arrive in the other topic as they are, each once, in order per key', async (t) => {
  const installation = await createInstallation(t)
  const copy = await otherStream(installation, 'copy')
  const subscription = await forward(installation, streamOf(installation), copy.topic)
  const events = Array.from({ length: 500 }, (_, index) => ({
    ...{ key: `k${index % 13}`, id: `e${index}`, value: Buffer.from(`{"n": ${index}.0}`) },
  }))
  await installation.publish(events)
  await runConsumer(installation, 'one')
  await until('all is finished', async () => (await installation.lag(subscription)) === 0)
  const records = follow(t, installation, copy.topic, 3)
  await until('all is there', () => records.length >= events.length)
  assert.equal(records.length, events.length)
  for (const [key, ofKey] of Map.groupBy(records, (record) => String(record.key))) {
    const numbers = ofKey.map(numberOf)
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
      key,
    )
    assert.equal(new Set(ofKey.map(({ partition }) => partition)).size, 1)
  }
  const seventh = records.find((record) => numberOf(record) === 7)
  assert.equal(seventh?.value?.toString(), '{"n": 7.0}')
  assert.deepEqual(
    [seventh?.headers['content-type'], seventh?.headers.ce_type, seventh?.headers.tailrace_via],
    ['application/json', 'order.created', subscription.uid],
  )
  assert.match(seventh?.headers.tailrace_from ?? '', /^orders-\d+-\d+$/)
})

test('a circle of two subscriptions ends with the first round', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const copy = await otherStream(installation, 'copy')
  const there = await forward(installation, streamOf(installation), copy.topic)
  const back = await forward(installation, copy, installation.topic)
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  await installation.publish([{ key: 'k', id: 'e1' }])
  await until('it came round', () => deadLetters.length === 1)
  const [letter] = deadLetters
  assert.deepEqual(
    [letter?.headers.tailrace_code, letter?.headers.tailrace_cause, letter?.headers.tailrace_subscription],
    ['loop', 'target-refused', there.name],
  )
  assert.equal(letter?.headers.tailrace_via, `${there.uid},${back.uid}`)
  await until('nothing is left', async () => (await installation.lag(there)) === 0)
  const ends = await installation.admin.offsets(installation.topic)
  assert.deepEqual(
    ends.map(({ high }) => high),
    [2],
    'the event and its copy that came round',
  )
})

test('a topic that is gone holds the subscription; when it is there again everything arrives, nothing is a dead letter', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const copy = await otherStream(installation, 'copy')
  const subscription = await forward(installation, streamOf(installation), copy.topic)
  const deadLetters = await installation.deadLetters()
  await installation.admin.deleteTopic(copy.topic)
  await until('it is gone', async () => (await installation.admin.describeTopic(copy.topic)) === undefined)
  const consumer = await runConsumer(installation, 'one')
  await installation.publish(Array.from({ length: 20 }, (_, index) => ({ key: 'k', id: `e${index}` })))
  await until('attempts failed', async () => {
    const metrics = await (await fetch(`${consumer.adminUrl}/metrics`)).text()
    return Number(/tailrace_attempts_total\{result="kafka"\} (\d+)/.exec(metrics)?.[1] ?? 0) >= 3
  })
  await installation.admin.createTopic({ name: copy.topic, partitions: 3, config: {} })
  const finished = async () => (await installation.lag(subscription)) === 0
  await until('everything is finished', finished, 60_000)
  const records = follow(t, installation, copy.topic, 3)
  await until('all is there', () => new Set(records.map(numberOf)).size === 20)
  const numbers = [...new Set(records.map(numberOf))]
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  )
  assert.equal(deadLetters.length, 0)
})
