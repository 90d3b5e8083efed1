import { messageOf, TailraceError } from '#shared/errors.ts'
import { appendFaultOf, isKafkaError } from './errors.ts'

/** The refusal a caller of the lanes gets for one record that Kafka will never take. */
export function refusalOf(error: unknown, topic: string): TailraceError {
  const is = (name: string) => isKafkaError(error, name)
  const reason = `Kafka refused it for ${topic}: ${messageOf(error)}`
  if (is('MESSAGE_TOO_LARGE') || is('RECORD_LIST_TOO_LARGE')) {
    return new TailraceError('event-too-large', reason, { cause: error })
  }
  if (is('UNKNOWN_TOPIC_OR_PARTITION')) {
    return new TailraceError('stream-unknown', reason, { cause: error })
  }
  if (is('INVALID_RECORD')) return new TailraceError('event-invalid', reason, { cause: error })
  return new TailraceError('internal', reason, { cause: error })
}

/**
 * What a caller of the lanes gets for records that may be written or not: a broker told their fate in a code that nobody
 * here knows, or refused them after a try that it may have written.
 */
export function unknownOutcome(error: unknown, topic: string): TailraceError {
  const isKnown = appendFaultOf(error) !== 'unexplained'
  const what = isKnown ? 'refused what it may have written before' : 'answered what this version does not know'
  return new TailraceError('outcome-unknown', `for ${topic} Kafka ${what}: ${messageOf(error)}`, { cause: error })
}

/** The refusal of a record while nothing was acknowledged for `ms`. */
export function brokenLane(name: string, ms: number): TailraceError {
  const detail = `Kafka has not acknowledged ${name} for ${Math.round(ms)} ms`
  return new TailraceError('kafka-unavailable', detail, { retryAfterMs: 1_000 })
}

/** The refusal of a record for which there is no room. */
export const fullLane = (name: string, bytes: number): TailraceError =>
  new TailraceError('overloaded', `${bytes} bytes wait for ${name} already`, { retryAfterMs: 1_000 })
