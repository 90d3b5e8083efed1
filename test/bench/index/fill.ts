import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import type { LogEntry, LoggedAttempt } from '#shared/delivery/log/entries.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Chunk, Followed } from '../../../services/console/index/store.ts'
import type { IndexedStream } from '../../../services/console/index/write-events.ts'

/** What the bench is about: each event goes to every subscription. */
export type Installation = { events: number; subscriptions: number; partitions: number; keys: number; spanMs: number }

export const stream: IndexedStream = {
  ...{ name: 'orders', topic: 'tailrace.events.orders', defaultType: null, createdAt: '2026-11-21T09:00:00.000Z' },
}
const ofStream: Followed = { kind: 'stream', topic: stream.topic, stream }
const ofAttempts: Followed = { kind: 'attempts', topic: 'tailrace.attempts' }
const types = ['order.created', 'order.paid', 'order.shipped', 'invoice.made', 'invoice.paid']
const value = Buffer.from(JSON.stringify({ total: 150, note: 'x'.repeat(700) }))
/** Within the days for which an index keeps what happened, whenever this runs. */
const beginMs = Date.now() - 6.5 * 86_400_000
/** As many as a busy partition gets into one record between two commits. */
const perRecord = 300
const perChunk = 2_000
/** One in so many deliveries fails at first, one in so many is a dead letter. */
const [failing, dying] = [50, 1_000]
/** The share of the events after which one receiver is down: what it should have got is not over. */
const beforeOutage = 0.8

/** The time at which the nth event was stored; events are spread evenly over the span. */
export const timeOf = (n: number, { events, spanMs }: Installation): number =>
  beginMs + Math.floor((n * spanMs) / events)
export const idOf = (n: number): string => `0198f0c2-7d1a-7b64-9f3e-${n.toString(16).padStart(12, '0')}`
export const keyOf = (n: number, { keys }: Installation): string => `customer-${(n * 7_919) % keys}`
export const typeOf = (n: number): string => types[n % types.length] ?? ''
export const uidOf = (n: number): string => `uid${n}`
export const subscriptionOf = (n: number): string => `receiver-${n}`
/** The subscription whose receiver is down at last. */
export const sick = 0
/** The first event that it did not take. */
export const outageStart = ({ events }: Installation): number => Math.floor(events * beforeOutage)

/** Everything that the log of such an installation holds, chunk by chunk as a writer reads it. */
export function* chunksOf(installation: Installation): Generator<Chunk> {
  const { events, partitions, subscriptions } = installation
  for (let from = 0; from < events; from += perChunk) {
    const to = Math.min(events, from + perChunk)
    for (let partition = 0; partition < partitions; partition += 1) {
      const records: StoredRecord[] = []
      for (let n = from + partition; n < to; n += partitions) records.push(eventRecord(n, installation))
      const next = (records.at(-1)?.offset ?? 0) + 1
      yield { of: ofStream, partition, next, records }
      for (let subscription = 0; subscription < subscriptions; subscription += 1) {
        const told = attemptsRecords(records, { subscription, partition, installation })
        yield { of: ofAttempts, partition: subscription % 6, next: logOffsets[subscription % 6] ?? 0, records: told }
      }
    }
  }
}

function eventRecord(n: number, installation: Installation): StoredRecord {
  const atMs = timeOf(n, installation)
  const { partitions } = installation
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: idOf(n), ce_source: `/shop-${n % 20}`, ce_type: typeOf(n) },
    ...{ ce_time: new Date(atMs).toISOString(), 'content-type': 'application/json' },
    ...{ tailrace_received: new Date(atMs - 4).toISOString(), tailrace_instance: `producer-${1 + (n % 2)}` },
    traceparent: `00-${n.toString(16).padStart(32, '0')}-00f067aa0ba902b7-01`,
  }
  const place = {
    topic: stream.topic,
    partition: n % partitions,
    offset: Math.floor(n / partitions),
    timestampMs: atMs,
  }
  return { ...place, key: Buffer.from(keyOf(n, installation)), value, headers }
}

const logOffsets: number[] = [0, 0, 0, 0, 0, 0]

function attemptsRecords(
  events: readonly StoredRecord[],
  { subscription, partition, installation }: { subscription: number; partition: number; installation: Installation },
) {
  const records: StoredRecord[] = []
  const log = subscription % 6
  const name = subscriptionOf(subscription)
  const owner = {
    uid: uidOf(subscription),
    subscription: name,
    stream: stream.name,
    partition,
    instance: 'consumer-1',
    job: null,
  }
  const builder = new BatchBuilder(owner)
  const take = (atMs: number) => {
    const offset = logOffsets[log] ?? 0
    logOffsets[log] = offset + 1
    records.push({ ...builder.take(), topic: 'tailrace.attempts', partition: log, offset, timestampMs: atMs })
  }
  for (const event of events) {
    const n = event.offset * installation.partitions + partition
    const isUp = subscription !== sick || n < outageStart(installation)
    for (const entry of entriesOf(event, { subscription, isUp })) builder.add(entry)
    if (builder.count >= perRecord) take(event.timestampMs + 50)
  }
  if (builder.count > 0) take((events.at(-1)?.timestampMs ?? 0) + 50)
  return records
}

function entriesOf(
  { offset, timestampMs, key, headers }: StoredRecord,
  { subscription, isUp }: { subscription: number; isUp: boolean },
): LogEntry[] {
  const atMs = timestampMs + 20
  const base = {
    ...{ offset, key: key?.toString() ?? null, type: headers.ce_type ?? null, behind: null, nextAttemptAtMs: null },
    ...{ attempts: 1, firstAttemptAtMs: atMs - 12 },
  }
  const number = offset * 31 + subscription
  const ok = attempt(subscription, { number: 1, atMs: atMs - 12, status: 204 })
  const delivered = { ...base, atMs, state: 'delivered', because: ok.detail, list: [ok] } as const
  if (isUp && number % failing !== 0) return [delivered]
  const bad = attempt(subscription, { number: 1, atMs: atMs - 12, status: 500 })
  if (number % dying === 0) return [{ ...base, atMs, state: 'dead-lettered', because: bad.detail, list: [bad] }]
  const again = attempt(subscription, { number: 2, atMs: atMs + 5_000, status: 204 })
  const failed = {
    ...base,
    atMs,
    state: 'retrying',
    because: bad.detail,
    nextAttemptAtMs: atMs + 5_000,
    list: [bad],
  } as const
  if (!isUp) return [failed]
  return [failed, { ...delivered, atMs: atMs + 5_010, attempts: 2, list: [again] }]
}

function attempt(
  subscription: number,
  { number, atMs, status }: { number: number; atMs: number; status: number },
): LoggedAttempt {
  const isGood = status < 300
  return {
    ...{ number, atMs, url: `https://${subscriptionOf(subscription)}.example/hooks`, status, code: `status-${status}` },
    ...{ decision: isGood ? 'delivered' : 'retry', detail: `target answered ${status}`, isTruncated: false },
    ...{
      head: isGood ? {} : { server: 'nginx' },
      body: isGood ? null : '{"error":"no such order"}',
      isCompared: false,
    },
    timingsMs: { dns: 0, connect: 0, tls: 0, firstByte: 11, total: 12 },
  }
}
