import { join } from 'node:path'
import { hashSecret, parseCredential } from '#shared/catalog/api-keys.ts'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { createStream, type Provisioning } from '#shared/catalog/create-stream.ts'
import { createSubscription } from '#shared/catalog/create-subscription.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { opsStream } from '#shared/catalog/ops/events.ts'
import { provideOpsStream } from '#shared/catalog/ops/provide.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { provideRetryTopic } from '#shared/catalog/retry-topic.ts'
import { withDefaults } from '#shared/catalog/schema.ts'
import { adminScopes } from '#shared/catalog/scopes.ts'
import { createSecretBox, type SecretBox } from '#shared/catalog/secrets.ts'
import { formatSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { streamDefinition } from '#shared/catalog/stream-schema.ts'
import { subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import { attemptsConfig, awaitReplicas, ownTopics, provideConfig, provideTopic } from '#shared/catalog/topics.ts'
import { inTurn } from '#shared/catalog/turns.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import type { Resources } from '#shared/lifecycle.ts'
import type { Log } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { InitConfig } from './config.ts'
import { type KeyFile, keepFile, provideKeys } from './key-files.ts'

const demo = { stream: 'demo', subscription: 'demo-inbox' }

type Options = { config: InitConfig; log: Log; resources: Resources; signal?: AbortSignal }

/**
 * Makes an installation complete: keys, own topics, the first API key, the demo, and the retry topics of subscriptions that
 * an earlier version made without one. Everything that is there stays as it is, so it runs before every start. Resolves
 * when all replicas of the streams are in sync.
 */
export async function initialize(options: Options): Promise<void> {
  const { config, log } = options
  const keys = provideKeys(config.TAILRACE_SECRETS_DIR, {
    masterKey: config.TAILRACE_MASTER_KEY,
    adminKey: config.TAILRACE_ADMIN_KEY,
  })
  const box = createSecretBox(Buffer.from(keys.master.text, 'base64'))
  const provisioning = await openKafka(options, box)
  await inTurn(provisioning.catalog, async () => {
    await provideAdminKey(provisioning.catalog, keys.admin)
    await provideOpsStream(provisioning)
    await provideDemo({ ...provisioning, box }, config)
  })
  await provideRetryTopics(provisioning)
  for (const { topic } of provisioning.catalog.streams()) await awaitReplicas(provisioning.admin, topic)
  log.info({ streams: provisioning.catalog.streams().length }, 'the installation is complete')
}

async function openKafka({ config, log, resources, signal }: Options, box: SecretBox): Promise<Provisioning> {
  const connection = { brokers: config.KAFKA_BROKERS.split(','), clientId: `init-${process.pid}`, log }
  const topics = topicNames(config.TAILRACE_PREFIX)
  const metrics = createMetrics()
  const admin = await openAdmin(connection, signal)
  resources.defer('kafka admin', () => admin.close())
  for (const spec of ownTopics(topics, config.TAILRACE_ATTEMPTS_RETENTION_MS)) await provideTopic(admin, spec)
  // The setting counts for a topic that an earlier start made, too.
  await provideConfig(admin, topics.attempts, attemptsConfig(config.TAILRACE_ATTEMPTS_RETENTION_MS))
  const lanes = openLanes({ connection, metrics, kind: 'shared' })
  resources.defer('lanes', () => lanes.close())
  const instance = connection.clientId
  const catalog = await openCatalog({ connection, topic: topics.catalog, lanes, instance, box, log })
  resources.defer('catalog', () => catalog.close())
  return { catalog, admin, topics }
}

/** A key that was made now, or the known one while nobody can manage; one that was revoked stays revoked. */
async function provideAdminKey(catalog: Catalog, { text, made }: KeyFile): Promise<void> {
  const isManaged = catalog.keys().some((key) => key.scopes.includes('manage'))
  if (isManaged && !made) return
  const credential = parseCredential(text)
  if (credential === undefined) throw new Error('the admin key is not of the form tr_<12>_<43 base62 characters>')
  const createdAt = new Date().toISOString()
  await catalog.write(recordKey.apiKey(credential.id), {
    ...{ id: credential.id, name: 'admin', scopes: adminScopes, rateLimit: null, expiresAt: null, createdAt },
    secrets: [{ hash: hashSecret(credential), createdAt, validUntil: null }],
  })
}

/** Only an empty installation gets the demo: what an operator deleted does not come back. */
async function provideDemo(provisioning: Provisioning & { box: SecretBox }, config: InitConfig): Promise<void> {
  const { catalog } = provisioning
  if (catalog.streams().every(({ name }) => name === opsStream)) {
    const definition = withDefaults(streamDefinition, { description: 'made at the first start' })
    await createStream(provisioning, { ...definition, name: demo.stream })
  }
  const stream = catalog.stream(demo.stream)
  if (stream !== undefined && catalog.subscriptions().length === 0) {
    const destination = { targets: [{ url: config.TAILRACE_DEMO_URL }] }
    const definition = withDefaults(subscriptionDefinition, { stream: demo.stream, destination })
    const subscription = { name: demo.subscription, stream, definition, from: 'latest', signingSecret: null } as const
    await createSubscription(provisioning, subscription)
  }
  const uid = catalog.subscription(demo.subscription)?.uid
  const secret = uid === undefined ? undefined : catalog.signingSecrets(uid)[0]
  if (secret === undefined) return
  keepFile(join(config.TAILRACE_SECRETS_DIR, `${demo.subscription}.secret`), formatSigningSecret(secret.secret))
}

async function provideRetryTopics({ admin, catalog, topics }: Provisioning): Promise<void> {
  const present = new Set(await admin.topics())
  for (const { stream, retryTopic } of catalog.subscriptions()) {
    const source = catalog.stream(stream)?.topic
    if (source === undefined || present.has(retryTopic)) continue
    await provideRetryTopic({ admin, topics }, { source, name: retryTopic })
  }
}
