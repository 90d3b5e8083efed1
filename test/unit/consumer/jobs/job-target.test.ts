import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { noAccess } from '#shared/delivery/access.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { JobEnvironment } from '../../../../services/consumer/jobs/environment.ts'
import { jobConcurrency, jobRate, openJobTarget } from '../../../../services/consumer/jobs/job-target.ts'
import { newDelivery } from '../../../../services/consumer/pair/deliveries.ts'
import { queueOf } from '../../../../services/consumer/pair/key-queues.ts'
import { deliver } from '../../../../services/consumer/pipeline.ts'
import { fakeHints } from '../../../support/hints.ts'
import { createReceiver } from '../../../support/receiver.ts'

const limited = (perSecond: number | null) =>
  ({ delivery: { rateLimit: perSecond === null ? null : { perSecond, burst: 1 } } }) as Subscription

test('a job has a quarter of the concurrency and of the rate limit, and never nothing', () => {
  const concurrencies = [1, 3, 8, 64].map((concurrency) =>
    jobConcurrency({ delivery: { concurrency } as Subscription['delivery'] }),
  )
  assert.deepEqual(concurrencies, [1, 1, 2, 16])
  for (const [asked, limit, expected] of [
    [null, null, null],
    [50, null, 50],
    [null, 200, 50],
    [20, 200, 20],
    [500, 200, 50],
    [null, 1, 1],
  ] as const) {
    assert.equal(jobRate({ ratePerSecond: asked }, limited(limit)), expected, `${asked} of ${limit}`)
  }
  assert.equal(jobRate({ ratePerSecond: 5 }, null), 5)
})

const subscription = {
  ...{ name: 'billing', uid: 'k3v9q2', releasedAt: null, signing: { schemes: ['v1'] } },
  destination: { kind: 'http', balance: 'round-robin', format: 'as-published', targets: [] as object[] },
  delivery: { timeoutMs: 2_000, connectTimeoutMs: 1_000, concurrency: 8, rateLimit: null, onStatus: {} },
}

/** The target of a job whose runner still runs it, or does not. */
function jobTargetAt(url: string, mayStart: () => boolean) {
  const secret = { secret: Buffer.alloc(32, 1), privateKey: Buffer.alloc(32, 1), validUntil: null }
  const spec = { url, weight: 1, backup: false, healthPath: null }
  const recipient = { ...subscription, destination: { ...subscription.destination, targets: [spec] } }
  const environment = {
    catalog: { access: () => noAccess, signingSecrets: () => [secret], state: () => undefined },
    egress: createEgressGuard('127.0.0.0/8'),
    targetMetrics: createTargetMetrics(createMetrics()),
    hints: fakeHints().hints,
    pulse: { stalledAtMs: () => Number.NEGATIVE_INFINITY },
    states: { gone: () => [] },
    telemetry: {},
  } as unknown as JobEnvironment
  const stream = { name: 'orders', defaultType: null } as Stream
  return openJobTarget({
    ...{
      environment,
      job: { id: 'j1' },
      recipient: () => ({ subscription: recipient as never as Subscription, stream }),
    },
    ...{ mayStart, isStopping: () => false },
  })
}

for (const isRunner of [true, false]) {
  test(`${isRunner ? 'a job sends what is its own' : 'a job that another runner may have by now sends nothing, and nothing has failed'}`, async (t) => {
    const receiver = await createReceiver(t)
    const target = jobTargetAt(receiver.url, () => isRunner)
    t.after(() => target.close())
    const record = {
      topic: 't',
      partition: 0,
      offset: 7,
      timestampMs: 0,
      key: null,
      value: Buffer.from('{}'),
      headers: {},
    }
    const delivery = { ...newDelivery(record, queueOf(new Map(), null)), record }
    const { outcome, last } = await deliver(delivery, target.context)
    const { kind, attempts } = outcome
    assert.deepEqual([kind, attempts, receiver.requests.length], isRunner ? ['delivered', 1, 1] : ['unproven', 0, 0])
    assert.equal(last === null, !isRunner)
  })
}
