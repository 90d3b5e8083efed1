import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { Burial } from './pair/deliveries.ts'
import type { LoadedDelivery } from './pair/effects.ts'
import { formatSource } from './pair/source.ts'

export type DeadLetterFacts = {
  subscription: Pick<Subscription, 'name' | 'uid'>
  stream: Pick<Stream, 'name' | 'defaultType'>
  delivery: LoadedDelivery
  /** Why it ended without success. */
  ending: Burial
  nowMs: number
}

/** A detail comes from a foreign machine: enough of it to understand, never enough to burst a record. */
const longestDetail = 1_000

/**
 * The dead letter of a delivery: the event as it was, and why it ended. Its key is subscription and source, so two dead
 * letters of one delivery (a crash between append and commit) are recognised as one.
 */
export function deadLetterOf({ subscription, stream, delivery, ending, nowMs }: DeadLetterFacts): EventRecord {
  const { record, attempts } = delivery
  const source = formatSource(record)
  const time = (ms: number | null) => new Date(ms ?? nowMs).toISOString()
  const { key } = describeEvent(record, stream)
  return {
    key: Buffer.from(`${subscription.uid}/${source}`),
    value: record.value,
    headers: {
      ...record.headers,
      ...(key === null ? {} : { tailrace_key: key }),
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

/** The last resort for a record that the dead-letter topic cannot take: where it is, without what it is. */
export function byReference(deadLetter: EventRecord): EventRecord {
  const own = Object.entries(deadLetter.headers).filter(
    ([name]) => name.startsWith('tailrace_') && name !== 'tailrace_key',
  )
  return { key: deadLetter.key, value: null, headers: { ...Object.fromEntries(own), tailrace_body: 'left-out' } }
}
