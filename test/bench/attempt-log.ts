import { parseArgs } from 'node:util'
import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import { loggedAttempt } from '#shared/delivery/log/logged-attempt.ts'

/**
 * What the attempts log costs by itself: CPU per 10,000 deliveries from the answer to the record, and bytes per delivery,
 * for first-try successes and for failures. What it costs a consumer with everything around it, appends and commits
 * included, show two runs of `npm run bench -- delivery`, one of them with
 * `NODE_OPTIONS=--import=$PWD/test/bench/without-attempt-log.ts`.
 *
 *   node test/bench/attempt-log.ts [--deliveries 200000] [--batch 300]
 */
const { values } = parseArgs({
  options: { deliveries: { type: 'string', default: '200000' }, batch: { type: 'string', default: '300' } },
})
const [deliveries, batch] = [Number(values.deliveries), Number(values.batch)]
const owner = { uid: 'k3v9q2ab', subscription: 'billing', stream: 'orders', partition: 0, instance: 'c-1', job: null }
const url = 'https://billing.example/hooks'
const noDial = { dns: 0, connect: 0, tls: 0 }

for (const kind of ['first-try success', 'failure'] as const) {
  for (const counts of [false, true]) {
    const before = process.cpuUsage()
    const bytes = run(kind, counts ? deliveries : Math.min(deliveries, 20_000))
    if (!counts) continue
    const { user, system } = process.cpuUsage(before)
    const ms = ((user + system) / 1000 / deliveries) * 10_000
    console.log(`${kind}: ${ms.toFixed(1)} CPU ms per 10,000, ${(bytes / deliveries).toFixed(1)} bytes each`)
  }
}

function run(kind: 'first-try success' | 'failure', count: number): number {
  const builder = new BatchBuilder(owner)
  let bytes = 0
  for (let offset = 0; offset < count; offset += 1) {
    builder.add(kind === 'failure' ? failed(offset) : delivered(offset))
    if (builder.count >= batch) bytes += builder.take().value?.length ?? 0
  }
  return bytes
}

function delivered(offset: number): LogEntry {
  const endedAtMs = Date.now()
  const total = 1 + Math.random() * 20
  const attempt = loggedAttempt({
    ...{ number: 1, url, startedAtMs: endedAtMs, endedAtMs, isCompared: false },
    result: {
      ...{ kind: 'answer', status: 204, headers: {}, body: Buffer.alloc(0), truncated: false },
      timingsMs: { ...noDial, firstByte: total - 0.1, total },
    },
    decision: decisionOf('delivered', 204),
  })
  return { ...entryOf(offset, endedAtMs), state: 'delivered', because: attempt.detail, list: [attempt] }
}

function failed(offset: number): LogEntry {
  const endedAtMs = Date.now()
  const attempt = loggedAttempt({
    ...{ number: 1, url, startedAtMs: endedAtMs, endedAtMs, isCompared: false },
    result: {
      ...{
        kind: 'answer',
        status: 500,
        truncated: false,
        body: Buffer.from(`{"error":"no such order","id":${offset}}`),
      },
      headers: { 'content-type': 'application/json', date: new Date(endedAtMs).toUTCString(), server: 'nginx' },
      timingsMs: { ...noDial, firstByte: 3, total: 3.1 },
    },
    decision: decisionOf('retry', 500),
  })
  return { ...entryOf(offset, endedAtMs), state: 'retrying', because: attempt.detail, list: [attempt] }
}

function entryOf(offset: number, atMs: number): Omit<LogEntry, 'state' | 'because' | 'list'> {
  const key = `customer-${offset % 10_000}`
  const times = { atMs, firstAttemptAtMs: atMs, nextAttemptAtMs: null }
  return { offset, key, type: 'order.created', behind: null, attempts: 1, ...times }
}

function decisionOf(kind: 'delivered' | 'retry', status: number) {
  const rest = { evidence: 'up', quickRetry: false, retryAfterMs: null, cause: null } as const
  return { kind, code: `status-${status}`, detail: `target answered ${status}`, ...rest }
}
