import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noAccess } from '#shared/delivery/access.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openTarget } from '../../../services/consumer/target.ts'
import { fakeHints } from '../../support/hints.ts'
import { createReceiver } from '../../support/receiver.ts'

/** A target of a process that stood still or not, which may start attempts or not. */
function targetAt(url: string, { stoodStill = false, mayStart = () => true }) {
  return openTarget({
    uid: 'k3v9q2',
    spec: { url, healthPath: null },
    delivery: { timeoutMs: 1_000, connectTimeoutMs: 500, concurrency: 1, onStatus: {} },
    access: noAccess,
    send: null,
    egress: createEgressGuard('127.0.0.0/8'),
    metrics: createTargetMetrics(createMetrics()),
    hints: fakeHints().hints,
    mayStart,
    stoodStillSince: () => stoodStill,
    isCheckWanted: () => true,
    onLeftOut: () => {},
    onBack: () => {},
    onChange: () => {},
  })
}

const request = {
  url: 'http://127.0.0.1:9/',
  record: { topic: 's', partition: 0, offset: 0, timestampMs: 0, key: null, value: Buffer.from('{}'), headers: {} },
  stream: { name: 'orders', defaultType: null },
  subscription: { name: 'billing', uid: 'k3v9q2' },
  webhookId: 'id',
  signing: {
    schemes: ['v1' as const],
    secrets: [{ secret: Buffer.alloc(32, 1), privateKey: Buffer.alloc(32, 1), validUntil: null }],
  },
  number: 1,
  firstAttemptAtMs: 0,
  key: null,
  replay: null,
}

async function threeAttempts(stoodStill: boolean) {
  const target = targetAt('http://127.0.0.1:9/', { stoodStill })
  const kinds = []
  for (let n = 0; n < 3; n += 1) kinds.push((await target.attempt(request))?.decision.kind ?? null)
  const state = target.breaker()
  await target.close()
  return { kinds, state }
}

test('three failed connections open the breaker', async () => {
  assert.deepEqual(await threeAttempts(false), { kinds: ['retry', 'retry', 'retry'], state: 'open' })
})

test('what failed while this process stood still proves nothing against the target', async () => {
  assert.deepEqual(await threeAttempts(true), { kinds: [null, null, null], state: 'closed' })
})

test('an attempt that may not start any more when its connection is there is none, and proves nothing', async (t) => {
  const receiver = await createReceiver(t)
  const target = targetAt(receiver.url, { mayStart: () => false })
  t.after(() => target.close())
  assert.equal(await target.attempt({ ...request, url: receiver.url }), null)
  assert.deepEqual([target.breaker(), target.lastError(), receiver.requests.length], ['closed', null, 0])
})
