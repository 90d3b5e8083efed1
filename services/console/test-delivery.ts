import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { Subscription } from '#shared/catalog/model.ts'
import { secretsFault } from '#shared/catalog/secrets-fault.ts'
import { targetNames } from '#shared/catalog/target-names.ts'
import type { AttemptRequest, AttemptResult } from '#shared/delivery/attempt.ts'
import { type Decision, decide } from '#shared/delivery/decide.ts'
import { hintOf } from '#shared/delivery/hints.ts'
import { createKafkaSender } from '#shared/delivery/kafka-sender.ts'
import { createTargetClient } from '#shared/delivery/target-client.ts'
import { TailraceError } from '#shared/errors.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import { type BodyKind, bodyInvalid, readBody } from './body.ts'
import type { Console } from './context.ts'
import { requireSubscription } from './subscriptions.ts'

export const testRequest = Type.Object({
  target: Type.Optional(Type.String({ description: 'URL of one of its targets; the first one when absent.' })),
  type: Type.String({ default: 'tailrace.test', minLength: 1, maxLength: 256 }),
})

const testBody: BodyKind<typeof testRequest> = { schema: testRequest, readOnly: [] }

/** Sends one signed event straight to a target, outside stream, breaker and counters, and tells how it went. */
export async function testDelivery(console: Console, name: string, body: unknown) {
  const { target, type } = readBody(body ?? {}, testBody)
  const subscription = requireSubscription(console, name)
  const url = targetOf(subscription, target)
  const { connectTimeoutMs, timeoutMs, onStatus } = subscription.delivery
  if (subscription.destination.kind === 'kafka')
    return await testTopic(console, { subscription, url, type, at: new Date() })
  requireSecrets(console, subscription)
  const client = createTargetClient({
    access: console.catalog.access(subscription),
    ...{ egress: console.egress, metrics: console.targetMetrics, connectTimeoutMs, timeoutMs, connections: 1 },
  })
  const at = new Date()
  try {
    const result = await client.attempt(requestOf(console, { subscription, url, type, at }))
    return attemptOf({ result, decision: decide(result, Date.now(), onStatus), at, url, instance: console.instance })
  } finally {
    await client.close()
  }
}

function requireSecrets({ catalog }: Console, subscription: Subscription): void {
  const fault = secretsFault(catalog, subscription)
  if (fault !== null) throw new TailraceError('secrets-unreadable', fault)
}

/** Appends the event to the topic itself, from where its readers get it. */
async function testTopic(console: Console, test: TestEvent) {
  const { destination, delivery } = test.subscription
  const { destinationLanes: lanes, admin, instance } = console
  const sender = createKafkaSender({ topic: destination.topic ?? '', lanes, admin, timeoutMs: delivery.timeoutMs })
  const startedAt = performance.now()
  const { kind, code, detail } = await sender.attempt(requestOf(console, test))
  const total = performance.now() - startedAt
  return {
    ...{
      number: 1,
      at: test.at.toISOString(),
      instance,
      target: test.url,
      job: null,
      decision: kind,
      code,
      status: null,
    },
    ...{ timingsMs: { dns: 0, connect: 0, tls: 0, firstByte: null, total }, responseHead: {}, responseBody: null },
    ...{
      responseTruncated: false,
      comparison: null,
      hint: kind === 'delivered' ? null : `The topic did not take it: ${detail}.`,
    },
  }
}

function targetOf(subscription: Subscription, wanted: string | undefined): string {
  const urls = targetNames(subscription)
  const url = wanted === undefined ? urls[0] : urls.find((one) => one === wanted)
  if (url !== undefined) return url
  const detail = `target is none of ${urls.join(', ')}`
  throw bodyInvalid([{ pointer: '/target', code: 'not-allowed', detail }])
}

type TestEvent = { subscription: Subscription; url: string; type: string; at: Date }

function requestOf(console: Console, { subscription, url, type, at }: TestEvent): AttemptRequest {
  const id = randomUUID()
  const source = `/subscriptions/${subscription.name}/test`
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: id, ce_source: source, ce_type: type, ce_time: at.toISOString() },
    'content-type': 'application/json',
  }
  const value = Buffer.from(JSON.stringify({ message: 'This is a test of Tailrace.', subscription: subscription.name }))
  return {
    url,
    // It stands in no log: no partition and no offset are what its position says.
    record: { topic: '', partition: -1, offset: -1, timestampMs: at.getTime(), key: null, value, headers },
    stream: { name: subscription.stream, defaultType: null },
    subscription,
    webhookId: webhookIdOf(source, id),
    signing: { schemes: subscription.signing.schemes, secrets: console.catalog.signingSecrets(subscription.uid) },
    number: 1,
    firstAttemptAtMs: at.getTime(),
    key: null,
    replay: null,
  }
}

type Ending = { result: AttemptResult; decision: Decision; at: Date; url: string; instance: string }

function attemptOf({ result, decision, at, url, instance }: Ending) {
  const answered = result.kind === 'answer' ? result : undefined
  return {
    ...{ number: 1, at: at.toISOString(), instance, target: url, job: null },
    ...{ decision: decision.kind, code: decision.code, timingsMs: result.timingsMs },
    hint: decision.kind === 'delivered' ? null : hintOf(decision, true),
    status: answered?.status ?? null,
    responseHead: Object.fromEntries(
      Object.entries(answered?.headers ?? {}).filter(([, value]) => value !== undefined),
    ),
    responseBody: answered?.body.toString() ?? null,
    responseTruncated: answered?.truncated ?? false,
    comparison: null,
  }
}
