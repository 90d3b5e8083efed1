import type { ErrorCode } from '#shared/errors.ts'
import { translateError } from '#shared/http/translate.ts'
import type { Log } from '#shared/observability/log.ts'
import { latencyBuckets, type Metrics } from '#shared/observability/metrics.ts'

export type Outcome = 'stored' | 'aborted' | ErrorCode

/** Every business log line and metric of the producer. */
export type ProducerTelemetry = {
  /** One request with one event ended with that event on all in-sync replicas. */
  stored(stream: string, bytes: number, seconds: number): void
  /** Events of one request with many are on all in-sync replicas; `isComplete`: all that it brought. */
  storedMany(stream: string, many: StoredMany): void
  /** One request ended without that. */
  refused(outcome: Outcome): void
  /**
   * What idempotency made of events. `found`: in the log, where a dead producer had left it; one that was `taken-over` from
   * it without that or `unchecked` may be stored twice, `stored-twice` is.
   */
  idempotency(event: 'replayed' | 'taken-over' | 'found' | 'stored-twice' | 'unchecked', events: number): void
  unsafeTopic(topic: string, reasons: readonly string[]): void
  unsafetyUnknown(topic: string, error: unknown): void
  schemaUnusable(stream: string, reason: string): void
  close(): void
}

export type StoredMany = { events: number; bytes: number; seconds: number; isComplete: boolean }

type Group = { events: number; bytes: number; maxMs: number }

const groupMs = 1_000

/** Counts per event; log lines per stream and second, because a line per event would cost as much as the event. */
export function createTelemetry(log: Log, metrics: Metrics): ProducerTelemetry {
  const requests = metrics.counter('publish_requests_total', 'Publish requests by outcome.', ['outcome'])
  const events = metrics.counter('publish_events_total', 'Events stored.')
  const bytes = metrics.counter('publish_bytes_total', 'Bytes of the events stored.')
  const seconds = metrics.histogram('publish_append_seconds', 'From the append to its acknowledgement.', latencyBuckets)
  const idempotency = metrics.counter('publish_idempotency_total', 'Events by what idempotency made of them.', [
    'event',
  ])
  const groups = new Map<string, Group>()
  const refusals = new Map<Outcome, number>()
  const flush = () => {
    for (const [stream, group] of groups) log.info({ stream, outcome: 'stored', ...group }, 'published')
    for (const [outcome, count] of refusals) log.info({ outcome, requests: count }, 'publishes refused')
    groups.clear()
    refusals.clear()
  }
  const count = (stream: string, many: Omit<StoredMany, 'isComplete'>) => {
    events.inc(many.events)
    bytes.inc(many.bytes)
    seconds.observe(many.seconds)
    const group = groups.get(stream) ?? { events: 0, bytes: 0, maxMs: 0 }
    group.events += many.events
    group.bytes += many.bytes
    group.maxMs = Math.max(group.maxMs, Math.round(many.seconds * 1000))
    groups.set(stream, group)
  }
  const timer = setInterval(flush, groupMs)
  return {
    stored(stream, size, took) {
      requests.inc({ outcome: 'stored' })
      count(stream, { events: 1, bytes: size, seconds: took })
    },
    storedMany(stream, many) {
      if (many.isComplete) requests.inc({ outcome: 'stored' })
      count(stream, many)
    },
    refused(outcome) {
      requests.inc({ outcome })
      refusals.set(outcome, (refusals.get(outcome) ?? 0) + 1)
    },
    idempotency(event, events) {
      idempotency.inc({ event }, events)
      if (event !== 'replayed') log.debug({ event, events }, 'idempotency')
    },
    unsafeTopic: (topic, reasons) => log.error({ topic, reasons }, 'the topic is not safe: nothing is written to it'),
    unsafetyUnknown: (topic, error) => log.debug({ topic, err: error }, 'the topic could not be looked at'),
    schemaUnusable: (stream, reason) => log.error({ stream, reason }, 'the schema of a stream cannot be used here'),
    close() {
      clearInterval(timer)
      flush()
    },
  }
}

/** What a request that threw counts as. */
export function outcomeOf(error: unknown): Outcome {
  return translateError(error, { tooLarge: 'event-too-large', limitBytes: 0 }).code
}
