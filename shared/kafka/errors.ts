import { messageOf, TailraceError } from '#shared/errors.ts'

/**
 * What a failed append means for its batch.
 * - `ambiguous`: it may be written; only the identical batch on the same producer may follow
 * - `producer-fatal`: the sequence of this producer is broken for good; a new producer must take over
 * - `unknown-topic`: the cluster does not know the partition; right after a creation that passes, later it does not
 * - `permanent`: refused and not written; the same bytes will be refused again
 * - `unexplained`: refused with a code that nobody here knows, so none that is known to pass; it may be written or not
 */
export type AppendFault = 'ambiguous' | 'producer-fatal' | 'unknown-topic' | 'permanent' | 'unexplained'

const faults = new Map<string, AppendFault>([
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'producer-fatal'],
  ['UNKNOWN_PRODUCER_ID', 'producer-fatal'],
  ['INVALID_PRODUCER_EPOCH', 'producer-fatal'],
  ['INVALID_PRODUCER_ID_MAPPING', 'producer-fatal'],
  ['DUPLICATE_SEQUENCE_NUMBER', 'producer-fatal'],
  ['KafkaJSLockTimeout', 'producer-fatal'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown-topic'],
  ['MESSAGE_TOO_LARGE', 'permanent'],
  ['RECORD_LIST_TOO_LARGE', 'permanent'],
  ['INVALID_RECORD', 'permanent'],
  ['INVALID_TIMESTAMP', 'permanent'],
  ['INVALID_TOPIC_EXCEPTION', 'permanent'],
  ['POLICY_VIOLATION', 'permanent'],
  ['TOPIC_AUTHORIZATION_FAILED', 'permanent'],
  ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'permanent'],
])

/** What kafkajs calls every code above 88, its last one; the code itself is in the message. */
const unknownCode = 'KAFKAJS_UNKNOWN_ERROR_CODE'

/** Of the codes above 88 those that Kafka 4.3 itself calls retriable, and the one that newer brokers fence a producer with. */
const newerFaults = new Map<number, AppendFault>([
  ...[89, 103, 106, 122, 123, 133].map((code): [number, AppendFault] => [code, 'ambiguous']),
  [90, 'producer-fatal'],
  [100, 'unknown-topic'],
])

const fencing = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])

/**
 * What this error of a `send` means; anything not listed is ambiguous, because that answer never loses an event, but for a
 * code of a newer broker: it would be given again for ever.
 */
export function appendFaultOf(error: unknown): AppendFault {
  const names = namesOf(error)
  if (names.includes(unknownCode)) return newerFaults.get(newerCodeOf(error)) ?? 'unexplained'
  return names.reduce<AppendFault>((fault, name) => faults.get(name) ?? fault, 'ambiguous')
}

/** The end of a send that kafkajs had tried before: `cause` tells of the last try only. */
export class RepeatedSend extends Error {
  override readonly name = 'RepeatedSend'
}

/** The coordinator no longer takes this member at its word: another generation has begun. */
export function isFenced(error: unknown): boolean {
  return namesOf(error).some((name) => fencing.has(name))
}

/** Whether a protocol error code (`TOPIC_ALREADY_EXISTS` …) or kafkajs error name is anywhere in the chain of causes. */
export function isKafkaError(error: unknown, name: string): boolean {
  return namesOf(error).includes(name)
}

/** Any error of kafkajs as a lost dependency; `doing` says what was wanted from Kafka. */
export function kafkaUnavailable(error: unknown, doing: string): TailraceError {
  if (error instanceof TailraceError) return error
  return new TailraceError('kafka-unavailable', `${doing}: ${messageOf(error)}`, { cause: error })
}

/** Names and protocol types along the chain of causes and of what an aggregate or group error carries, outermost first. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const type: unknown = Reflect.get(error, 'type')
  const parts = [error.cause, ...listOf(error, 'errors'), ...listOf(error, 'groups').map(errorOf)]
  return [error.name, ...(typeof type === 'string' ? [type] : []), ...parts.flatMap(namesOf)]
}

/** -1 when the message does not tell. */
function newerCodeOf(error: unknown): number {
  return Number(/Unknown error code (\d+)/.exec(messageOf(error))?.[1] ?? -1)
}

function listOf(error: Error, member: string): unknown[] {
  const list: unknown = Reflect.get(error, member)
  return Array.isArray(list) ? list : []
}

function errorOf(part: unknown): unknown {
  return typeof part === 'object' && part !== null ? Reflect.get(part, 'error') : undefined
}
