import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetClient, createTargetMetrics, type TargetClientOptions } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'

export const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')

type Cleanup = { after(close: () => unknown): void }

/** A client that may call loopback and gives up soon; it closes itself at the end of the test `t`. */
export function createClient(t: Cleanup, options: Partial<TargetClientOptions> & { allow?: string } = {}) {
  const { allow = '127.0.0.0/8', ...rest } = options
  const client = createTargetClient({
    egress: createEgressGuard(allow),
    connectTimeoutMs: 2_000,
    timeoutMs: 5_000,
    connections: 8,
    metrics: createTargetMetrics(createMetrics()),
    ...rest,
  })
  t.after(() => client.close())
  return client
}

/** An event for `url` with a body of its own. */
export function requestTo(url: string, value: Buffer = Buffer.from('Hello, World!')): AttemptRequest {
  return {
    url,
    record: {
      topic: 'tailrace.events.orders',
      partition: 3,
      offset: 1042,
      timestampMs: 1_795_255_331_000,
      key: Buffer.from('customer-77'),
      value,
      headers: { 'content-type': 'text/plain', ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't' },
    },
    stream: { name: 'orders', defaultType: null },
    subscription: { name: 'billing', uid: 'k3v9q2' },
    webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA',
    signing: { schemes: ['v1'], secrets: [{ secret, privateKey: Buffer.alloc(32, 7), validUntil: null }] },
    number: 1,
    firstAttemptAtMs: 1_795_255_331_402,
    key: 'customer-77',
    replay: null,
  }
}
