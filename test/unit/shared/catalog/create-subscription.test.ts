import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { createSubscription } from '#shared/catalog/create-subscription.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { withDefaults } from '#shared/catalog/schema.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'

const destination = { targets: [{ url: 'https://billing.example/' }] }
const definition = withDefaults(subscriptionDefinition, { stream: 'orders', destination })
const stream = { name: 'orders', topic: 'p.events.orders' } as Stream

/** Creates a subscription where every topic has one partition, and tells what was done to Kafka in which order. */
async function create(createTopic: () => Promise<'created'>) {
  const done: string[] = []
  const partitions = [{ partition: 0, leader: 1, replicas: [1], inSync: [1] }]
  const admin = {
    offsets: async () => [{ partition: 0, low: 3, high: 8 }],
    describeTopic: async () => ({ partitions, config: { 'max.message.bytes': '1000' } }),
    configureTopic: async () => undefined,
    createTopic: () => {
      done.push('topic')
      return createTopic()
    },
  } as unknown as KafkaAdmin
  const write = async (key: string) => done.push(key.split('/')[0] ?? '')
  const catalog = { write } as unknown as Catalog
  const provisioning = { catalog, admin, topics: topicNames('p.'), box: createSecretBox(randomBytes(32)) }
  const subscription = { name: 'billing', stream, definition, from: 'latest', signingSecret: null } as const
  const ending = await createSubscription(provisioning, subscription).then(
    (made) => made.subscription.startOffsets,
    (error: unknown) => error,
  )
  return { done, ending }
}

test('whoever sees a subscription finds its retry topic and its secret', async () => {
  const { done, ending } = await create(async () => 'created')
  assert.deepEqual(done, ['topic', 'secret', 'subscription'])
  assert.deepEqual(ending, { 0: 8 })
})

test('without its retry topic a subscription is not written', async () => {
  const lost = new TailraceError('kafka-unavailable', 'create topic: no controller')
  const { done, ending } = await create(() => Promise.reject(lost))
  assert.deepEqual(done, ['topic'])
  assert.equal(ending, lost)
})
