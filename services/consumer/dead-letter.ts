import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { formatSource } from '#shared/event/source.ts'
import type { Burial } from './pair/deliveries.ts'
import type { LoadedDelivery } from './pair/effects.ts'

export type DeadLetterFacts = {
  subscription: Pick<Subscription, 'name' | 'uid'>
  stream: Pick<Stream, 'name' | 'defaultType'>
  delivery: LoadedDelivery
  /** Why it ended without success. */
  ending: Burial
  nowMs: number
  /** Whose delivery it was; absent for a live one. */
  job?: string
}

/** A detail comes from a foreign machine: enough of it to understand, never enough to burst a record. */
const longestDetail = 1_000

/**
 * The dead letter of a delivery: the event as it was, and why it ended. Its key is subscription and source, so two dead
 * letters of one delivery (a crash between append and commit) are recognised as one.
 */
export function deadLetterOf({ subscription, stream, delivery, ending, nowMs, job }: DeadLetterFacts): EventRecord {
  const { record, attempts } = delivery
  const source = formatSource(record)
  const time = (ms: number | null) => new Date(ms ?? nowMs).toISOString()
  const { key } = describeEvent(record, stream)
  return {
    key: Buffer.from(`${subscription.uid}/${source}`),
    value: record.value,
    headers: {
      ...eventHeadersOf(record),
      ...(key === null ? {} : { tailrace_key: key }),
      ...(job === undefined ? {} : { tailrace_job: job }),
      tailrace_kind: 'dead-letter',
      tailrace_source: source,
      tailrace_subscription: subscription.name,
      tailrace_cause: ending.cause,
      tailrace_code: ending.code,
      tailrace_detail: ending.detail.slice(0, longestDetail),
      tailrace_attempts: String(attempts),
      tailrace_first_attempt: time(delivery.firstAttemptAtMs),
      tailrace_last_attempt: time(delivery.lastAttemptAtMs),
    },
  }
}

/** Whoever wrote the event may have named its headers like ours that not every dead letter has. */
function eventHeadersOf({ headers }: Pick<EventRecord, 'headers'>): EventRecord['headers'] {
  const isOurs = (name: string) => name === 'tailrace_key' || name === 'tailrace_job' || name === 'tailrace_body'
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOurs(name)))
}

/** The last resort for a record that the dead-letter topic cannot take: where it is, without what it is. */
export function byReference(deadLetter: EventRecord): EventRecord {
  const own = Object.entries(deadLetter.headers).filter(
    ([name]) => name.startsWith('tailrace_') && name !== 'tailrace_key',
  )
  return { key: deadLetter.key, value: null, headers: { ...Object.fromEntries(own), tailrace_body: 'left-out' } }
}
