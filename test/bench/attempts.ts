import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { decide } from '#shared/delivery/decide.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { noEvidence, observe, saysDown } from '#shared/delivery/evidence.ts'
import { createTargetClient, createTargetMetrics } from '#shared/delivery/target-client.ts'
import { describeEvent } from '#shared/event/describe.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { createBreaker } from '#shared/resilience/breaker.ts'
import { withQuickRetries } from '#shared/resilience/quick-retry.ts'

/**
 * Attempts per second and CPU per 10,000 of what one event costs between key queue and settling, against a receiver in
 * another process that answers at once. `node test/bench/attempts.ts [events] [concurrency] [bytes]`
 */
const [events = 100_000, concurrency = 64, bytes = 200] = process.argv.slice(2).map(Number)

const receiver = fork(new URL('./attempts.receiver.ts', import.meta.url), { stdio: 'inherit' })
const [{ port }] = (await once(receiver, 'message')) as [{ port: number }]
const client = createTargetClient({
  egress: createEgressGuard('127.0.0.1'),
  connectTimeoutMs: 3_000,
  timeoutMs: 15_000,
  connections: concurrency,
  metrics: createTargetMetrics(createMetrics()),
})
const template: AttemptRequest = {
  url: `http://127.0.0.1:${port}/hooks`,
  record: {
    topic: 'tailrace.events.orders',
    partition: 3,
    offset: 0,
    timestampMs: 1_795_000_000_000,
    key: Buffer.from('customer-77'),
    value: Buffer.alloc(bytes, '{"total":100}'),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: '0198f0c2-7d1a-7b64-9f3e-5b1f0c9d2e77',
      ce_source: '/keys/shop-backend',
      ce_type: 'order.created',
      ce_time: '2026-11-21T10:02:11.380Z',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tailrace_received: '2026-11-21T10:02:11.380Z',
    },
  },
  stream: { name: 'orders', defaultType: null },
  subscription: { name: 'billing', uid: 'k3v9q2' },
  webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA',
  signing: {
    schemes: ['v1'],
    secrets: [{ secret: Buffer.alloc(32, 7), privateKey: Buffer.alloc(32, 7), validUntil: null }],
  },
  number: 1,
  firstAttemptAtMs: 1_795_000_000_000,
  key: 'customer-77',
  replay: null,
}
const breaker = createBreaker({
  healthy: (decision: ReturnType<typeof decide>) => decision.evidence === 'up',
  probeTimeoutMs: 16_000,
})
let evidence = noEvidence

await measure('warm up', Math.min(events, 20_000), attemptOnly)
await measure('attempt alone', events, attemptOnly)
await measure('attempt, decision, evidence, breaker, quick retry', events, wholePath)

breaker.shutdown()
await client.close()
receiver.kill()

async function attemptOnly(offset: number): Promise<void> {
  const result = await client.attempt(requestOf(offset))
  if (result.kind !== 'answer') throw new Error(result.detail)
}

async function wholePath(offset: number): Promise<void> {
  const request = requestOf(offset)
  await withQuickRetries({
    attempt: async () => {
      const run = await breaker.run(async () => decide(await client.attempt(request), Date.now()))
      if (run.kind === 'rejected') throw new Error('the breaker is open')
      evidence = observe(evidence, { evidence: run.result.evidence, event: request.webhookId, atMs: performance.now() })
      return run.result
    },
    mayHelp: (decision) => decision.quickRetry && !saysDown(evidence),
  })
}

async function measure(name: string, count: number, deliver: (offset: number) => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let next = 0
  const worker = async () => {
    while (next < count) await deliver(next++)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const rate = Math.round(count / seconds).toLocaleString('en')
  const cpuSeconds = ((user + system) / 1e6 / count) * 10_000
  console.log(
    `${name}: ${rate}/s, ${cpuSeconds.toFixed(3)} s CPU per 10,000 (${concurrency} at a time, ${bytes} bytes)`,
  )
}

function requestOf(offset: number): AttemptRequest {
  const record = { ...template.record, offset }
  return { ...template, record, event: describeEvent(record, template.stream) }
}
