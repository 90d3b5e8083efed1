import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { JobEnvironment } from '../../../../services/consumer/jobs/environment.ts'
import { openJobTarget } from '../../../../services/consumer/jobs/job-target.ts'
import { newDelivery } from '../../../../services/consumer/pair/deliveries.ts'
import { queueOf } from '../../../../services/consumer/pair/key-queues.ts'
import { deliver } from '../../../../services/consumer/pipeline.ts'
import { startPulse } from '../../../../services/consumer/pulse.ts'
import { isStillMember } from '../../../../services/consumer/still-member.ts'
import { fakeHints } from '../../../support/hints.ts'

/** One delivery of a job in a process of its own, whose last heartbeat went out before; it tells what that came to. */
export type Order = { url: string; tls: { certificate: string; key: string; ca: string } }
export type Told = { kind: string; attempts: number }

process.once('message', (order: Order) => {
  run(order).then((told) => process.send?.(told, () => process.disconnect()))
})

async function run({ url, tls }: Order): Promise<Told> {
  const pulse = startPulse(() => {})
  const heartbeatAtMs = performance.now()
  const secret = { secret: Buffer.alloc(32, 1), privateKey: Buffer.alloc(32, 1), validUntil: null }
  const environment = {
    catalog: {
      access: () => ({ headers: [], tls, secrets: [] }),
      signingSecrets: () => [secret],
      state: () => undefined,
    },
    egress: createEgressGuard('127.0.0.0/8'),
    targetMetrics: createTargetMetrics(createMetrics()),
    hints: fakeHints().hints,
    ...{ pulse, states: { gone: () => [] }, telemetry: {} },
  } as unknown as JobEnvironment
  const subscription = {
    ...{ name: 'billing', uid: 'k3v9q2', releasedAt: null, signing: { schemes: ['v1'] } },
    destination: {
      ...{ kind: 'http', balance: 'round-robin', format: 'as-published' },
      targets: [{ url, weight: 1, backup: false, healthPath: null }],
    },
    delivery: { timeoutMs: 60_000, connectTimeoutMs: 30_000, concurrency: 8, rateLimit: null, onStatus: {} },
  } as unknown as Subscription
  const target = openJobTarget({
    ...{ environment, job: { id: 'j1' } },
    recipient: () => ({ subscription, stream: { name: 'orders', defaultType: null } as Stream }),
    mayStart() {
      const nowMs = performance.now()
      return isStillMember({ heartbeatAgeMs: nowMs - heartbeatAtMs, sessionTimeoutMs: 60_000, pulse, nowMs })
    },
    isStopping: () => false,
  })
  const record = {
    ...{ topic: 't', partition: 0, offset: 7, timestampMs: 0, key: null, value: Buffer.from('{}') },
    headers: {},
  }
  const { outcome } = await deliver({ ...newDelivery(record, queueOf(new Map(), null)), record }, target.context)
  await target.close()
  pulse.close()
  return { kind: outcome.kind, attempts: outcome.attempts }
}
