import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { compareMismatch, jobFinished } from '#shared/catalog/ops/events.ts'
import { openOps } from '#shared/catalog/ops/ops-events.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { openTold } from '#shared/redis/told.ts'
import { testRedisUrl } from '../../support/dependencies.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, forkConsumer, type OpsSeen, runConsumer } from './fixture.ts'
import { shareSubscription } from './takeover.ts'

const events = (count: number, keys = count) =>
  Array.from({ length: count }, (_, n) => ({ key: `k${n % keys}`, id: `e${n}` }))

const typesOf = (seen: readonly OpsSeen[], subject: string) =>
  seen.filter((one) => one.subject === subject).map(({ type }) => type.replace('tailrace.', ''))

test('a hold, its end, a pause and dead letters are told once, although two consumers notice them', async (t) => {
  const installation = await createInstallation(t, { partitions: 4, env: { REDIS_URL: testRedisUrl() } })
  const ops = await installation.ops()
  const receiver = await createReceiver(t)
  await receiver.refuse()
  const subscription = await installation.subscribe(receiver)
  const subject = `subscriptions/${subscription.name}`
  await runConsumer(installation, 'one')
  await runConsumer(installation, 'two')
  await installation.publish(events(40))
  const held = await until('it is held', () => ops.find(({ type }) => type === 'tailrace.subscription.held'))
  assert.equal(held.subject, subject)
  assert.deepEqual(
    [held.data.subscription, held.data.subscriptionUid, held.data.reason, held.data.lastError],
    [subscription.name, subscription.uid, 'all-targets-failing', 'connect ECONNREFUSED'],
  )
  assert.ok(Number(held.data.lagEvents) > 0)
  await receiver.accept()
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  await until('its end is told', () => typesOf(ops, subject).includes('subscription.released'))
  receiver.behave({ kind: 'answer', status: 422 })
  await installation.publish(events(20))
  await until('they are dead letters', async () => (await installation.lag(subscription)) === 0)
  const letter = await until('it is told', () => ops.find(({ type }) => type === 'tailrace.dead-letter.added'))
  assert.deepEqual([letter.data.cause, letter.data.code], ['refused', 'status-422'])
  assert.match(String(letter.data.id), new RegExp(`^${subscription.name}-\\d-\\d+$`))
  assert.match(String(letter.data.position), /^orders-\d-\d+$/)
  await installation.change(subscription, { paused: true })
  await until('the pause is told', () => typesOf(ops, subject).includes('subscription.paused'))
  assert.deepEqual(typesOf(ops, subject), [
    ...['subscription.held', 'subscription.released', 'dead-letter.added', 'subscription.paused'],
  ])
  assert.equal(ops.find(({ type }) => type === 'tailrace.subscription.paused')?.data.reason, 'operator')
})

test('a subscription that lags is told, and so is one whose events come near the end of their retention', async (t) => {
  const installation = await createInstallation(t, {
    ...{ partitions: 1, retentionMs: 60_000, env: { TAILRACE_LAGGING_AFTER_MS: '2000' } },
  })
  const ops = await installation.ops()
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver, { delivery: { timeoutMs: 120_000 } })
  const subject = `subscriptions/${subscription.name}`
  await runConsumer(installation, 'one')
  await installation.publish(events(1))
  await until('it runs', async () => receiver.requests.length === 1 && (await installation.lag(subscription)) === 0)
  receiver.behave({ kind: 'hang' })
  await installation.publish(events(3, 1))
  await until('half of it is told', () => typesOf(ops, subject).length === 2)
  assert.deepEqual(typesOf(ops, subject), ['subscription.lagging', 'subscription.retention-near'])
  const [lagging, half] = ops
  assert.ok(Number(lagging?.data.lagSeconds) >= 2)
  assert.ok(Number(lagging?.data.lagEvents) >= 1)
  assert.deepEqual([half?.data.used, half?.data.retentionMs], [0.5, 60_000])
})

test('subscriptions of ops raise nothing about themselves', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const ops = await installation.ops()
  const [refusing, other] = [await createReceiver(t), await createReceiver(t)]
  refusing.behave({ kind: 'answer', status: 422 })
  other.behave({ kind: 'answer', status: 422 })
  const alerts = await installation.subscribe(refusing, { on: 'ops' })
  const judged = await installation.subscribe(other)
  await runConsumer(installation, 'one')
  await installation.publish(events(1))
  await until(
    'the dead letter of the other one is sent to the receiver of alerts',
    () => refusing.requests.length === 1,
  )
  assert.equal(refusing.requests[0]?.headers['ce-type'], 'tailrace.dead-letter.added')
  await until('which refuses it', async () => (await installation.lag(alerts)) === 0)
  await installation.publish([{ key: 'k', id: 'none', value: null }])
  await until('another one is sent', () => refusing.requests.length === 2)
  await until('the stream is read so far', () => ops.length >= 2)
  assert.deepEqual(
    ops.map(({ type, data }) => [type, data.subscription, data.cause]),
    ['refused', 'malformed-record'].map((cause) => ['tailrace.dead-letter.added', judged.name, cause]),
  )
})

test('without Redis a hold is told although the one who would tell has just died', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const ops = await installation.ops()
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const subject = `subscriptions/${subscription.name}`
  const owner = await forkConsumer(installation, 'owner')
  await installation.publish(events(1))
  await until('it owns the only partition', async () => (await installation.lag(subscription)) === 0)
  const { group } = subscription
  await runConsumer(installation, 'other')
  const startedAtMs = performance.now()
  // What is so before its first look is no news to it.
  await until('another one watches', () => performance.now() - startedAtMs > 1_000)
  await until('another one stands by', async () => {
    const members = await installation.admin.groupMembers(group)
    const owning = members.filter(({ assignment }) => (assignment[installation.topic] ?? []).length > 0)
    return members.length === 2 && owning.length === 1 && owning[0]?.clientId.startsWith('consumer-owner-')
  })
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await installation.change(subscription, { heldAt: new Date().toISOString() })
  await until('the hold is told', () => typesOf(ops, subject).length > 0)
  await installation.change(subscription, { heldAt: null })
  await until('its end is told', () => typesOf(ops, subject).length > 1)
  assert.deepEqual(typesOf(ops, subject), ['subscription.held', 'subscription.released'])
})

test('a consumer that is killed is told once as a takeover', async (t) => {
  const { installation, startMortal, takeoverMs } = await shareSubscription(t, { REDIS_URL: testRedisUrl() })
  const ops = await installation.ops()
  await takeoverMs(await startMortal())
  const takeover = await until('it is told', () => ops.find(({ type }) => type === 'tailrace.takeover'))
  assert.match(takeover.subject, /^instances\/consumer-mortal-1-/)
  assert.ok(Number(takeover.data.members) >= 1)
})

test('the end of a job and a mismatch of compared targets are events like any other', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const seen = await installation.ops()
  const log = createLogger('test', { level: 'silent', instance: 'test' })
  const redis = openRedis({ url: testRedisUrl(), log })
  t.after(() => redis.close())
  await until('Redis is up', () => redis.up())
  const { catalog, lanes, prefix } = installation
  const told = openTold({ redis, prefix })
  const raisers = ['one', 'two'].map((instance) =>
    openOps({ catalog, lanes, told, instance, metrics: createMetrics(), log }),
  )
  const subscription = { name: 'billing', uid: 'u', stream: 'orders' }
  const facts = { id: 'job_1', kind: 'redrive', state: 'finished', matched: 2, done: 2, delivered: 1, deadLettered: 1 }
  const answer = (status: number) => ({ target: `http://${status}/`, status, bodySha256: null })
  for (const ops of raisers) {
    ops.raiseOnce(jobFinished(subscription, { ...facts, error: null }), 'job:job_1', 60_000)
    await ops.close()
  }
  const compared = { id: 'billing-0-0', position: 'orders-0-0', primary: answer(200), other: answer(500) }
  raisers[0]?.raise(compareMismatch(subscription, compared))
  await until('both are there', () => seen.length >= 2)
  assert.deepEqual(seen.map(({ type, subject }) => [type, subject]).sort(), [
    ['tailrace.compare.mismatch', 'subscriptions/billing'],
    ['tailrace.job.finished', 'jobs/job_1'],
  ])
})
