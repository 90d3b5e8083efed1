import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noAccess } from '#shared/delivery/access.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { TargetHints } from '#shared/redis/target-hints.ts'
import type { Send } from '../../../services/consumer/sender.ts'
import { openTarget } from '../../../services/consumer/target.ts'
import { fakeHints } from '../../support/hints.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

type Setting = { stoodStill?: boolean; mayStart?: () => boolean; send?: Send | null; hints?: TargetHints }

/** A target of a process that stood still or not, which may start attempts or not. */
function targetAt(
  url: string,
  { stoodStill = false, mayStart = () => true, send = null, hints = fakeHints().hints }: Setting,
) {
  return openTarget({
    uid: 'k3v9q2',
    spec: { url, healthPath: null },
    delivery: { timeoutMs: 1_000, connectTimeoutMs: 500, concurrency: 1, onStatus: {} },
    access: noAccess,
    send,
    egress: createEgressGuard('127.0.0.0/8'),
    metrics: createTargetMetrics(createMetrics()),
    hints,
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

test('an answer that did not come in time may have come while this process stood still', async (t) => {
  const receiver = await createReceiver(t, { behaviour: () => ({ kind: 'hang' }) })
  const outcomes = []
  for (const stoodStill of [false, true]) {
    const target = targetAt(receiver.url, { stoodStill })
    t.after(() => target.close())
    const attempted = await target.attempt({ ...request, url: receiver.url })
    outcomes.push(attempted?.decision.code ?? null)
  }
  assert.deepEqual(outcomes, ['first-byte-timeout', null])
})

test('an attempt that may not start any more when its connection is there is none, and proves nothing', async (t) => {
  const receiver = await createReceiver(t)
  const target = targetAt(receiver.url, { mayStart: () => false })
  t.after(() => target.close())
  assert.equal(await target.attempt({ ...request, url: receiver.url }), null)
  assert.deepEqual([target.breaker(), target.lastError(), receiver.requests.length], ['closed', null, 0])
})

const stored = { kind: 'delivered', code: 'stored', detail: '', evidence: 'up' } as Decision

/** A destination that takes no HTTP requests, and what it was sent. */
function topicTarget(options: Parameters<typeof targetAt>[1]) {
  const appended: number[] = []
  const send: Send = async ({ record }, mayStart) => {
    if (mayStart()) appended.push(record.offset)
    return { result: null, decision: mayStart() ? stored : { ...stored, kind: 'retry', evidence: 'none' } }
  }
  return { appended, target: targetAt('kafka:copy', { ...options, send }) }
}

for (const isOwner of [true, false]) {
  test(`an append is asked for like a request: ${isOwner ? 'it goes out' : 'it does not, and proves nothing'}`, async (t) => {
    const { appended, target } = topicTarget({ mayStart: () => isOwner })
    t.after(() => target.close())
    const attempted = await target.attempt(request)
    assert.deepEqual([attempted?.decision ?? null, appended], isOwner ? [stored, [0]] : [null, []])
    assert.equal(target.breaker(), 'closed')
  })
}

test('a probe that may not start tells the other instances nothing', async (t) => {
  const { hints, hear, taken } = fakeHints(() => 'mine')
  const { target } = topicTarget({ mayStart: () => false, hints })
  t.after(() => target.close())
  hear('down')
  await until('a probe is due', () => target.breaker() === 'half-open')
  assert.equal(await target.attempt(request), null)
  assert.deepEqual(taken(), ['rest 0'])
})
