import { Type } from 'typebox'
import { time } from '#shared/catalog/schema.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { hintOf } from '#shared/delivery/hints.ts'
import {
  isSettled,
  type LogBatch,
  type LogEntry,
  type LoggedAttempt,
  type LoggedComparison,
  type LoggedRange,
} from '#shared/delivery/log/entries.ts'
import { positionOf } from '#shared/event/record.ts'
import { comparisonAnswer, comparisonMember } from './comparisons.ts'
import type { StateNames, UnderWay } from './live-state.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])
const timeOrNull = Type.Union([time('RFC 3339 UTC.'), Type.Null()])
const number = Type.Number()
const numberOrNull = Type.Union([number, Type.Null()])

/** The states a delivery may be in; more may come. */
export const deliveryStates = [
  ...['queued', 'delivering', 'waiting', 'retrying', 'held', 'paused', 'delivered', 'dead-lettered', 'filtered'],
  ...['skipped', 'expired', 'discarded', 'unknown'],
] as const

const delivery = {
  id: Type.String({ description: '<subscription>-<partition>-<offset>' }),
  subscription: Type.String(),
  subscriptionUid: Type.String(),
  position: Type.String({ description: '<stream>-<partition>-<offset>' }),
  state: Type.String({ description: `One of ${deliveryStates.join(', ')}; clients must accept others.` }),
  because: textOrNull,
  behind: Type.Union([Type.String(), Type.Null()], {
    description: 'The delivery that it waits for: the first of its key that is not over, or of its partition.',
  }),
  nextAttemptAt: timeOrNull,
  attempts: Type.Integer(),
  firstAttemptAt: timeOrNull,
  settledAt: timeOrNull,
}

/** One attempt as answers show it. */
export const attemptAnswer = Type.Object({
  number: Type.Integer(),
  at: time('When it began.'),
  instance: Type.String(),
  target: Type.String(),
  job: textOrNull,
  decision: Type.String({ description: 'delivered, retry, target-waits, target-gone, dead-letter.' }),
  code: Type.String(),
  status: Type.Union([Type.Integer(), Type.Null()]),
  timingsMs: Type.Object({ dns: number, connect: number, tls: number, firstByte: numberOrNull, total: number }),
  responseHead: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
  responseBody: Type.Union([Type.String(), Type.Null()], {
    description: 'Its beginning, at most 1 KiB; null when it was not kept, as after a success at the first try.',
  }),
  responseTruncated: Type.Boolean(),
  comparison: comparisonAnswer,
  hint: textOrNull,
})

export const deliveryAnswer = Type.Object(delivery)
export const wholeDeliveryAnswer = Type.Object({ ...delivery, attemptList: Type.Array(attemptAnswer) })

type Names = { subscription: string; uid: string; stream: string; partition: number }

/** What a delivery is called and where its event stands. */
function placeOf({ subscription, uid, stream, partition }: Names, offset: number) {
  return {
    id: deliveryId(subscription, partition, offset),
    ...{ subscription, subscriptionUid: uid, position: positionOf(stream, partition, offset) },
  }
}

/** A delivery nobody has written about: only its state is known. `state` as the API names it. */
export function bareDelivery(
  names: Names,
  offset: number,
  { state, because }: { state: string; because: string | null },
) {
  const never = { behind: null, nextAttemptAt: null, attempts: 0, firstAttemptAt: null, settledAt: null }
  return { ...placeOf(names, offset), state, because, ...never }
}

/** One of which an attempt is under way. */
export function deliveringNow(names: Names, { offset, attempts, firstAttemptAtMs }: UnderWay) {
  const bare = bareDelivery(names, offset, { state: 'delivering', because: null })
  return { ...bare, attempts, firstAttemptAt: firstAttemptAtMs === null ? null : timeText(firstAttemptAtMs) }
}

/** Nobody delivers it. */
export function passedOverDelivery(names: Names, offset: number, { state, atMs }: Pick<LoggedRange, 'state' | 'atMs'>) {
  return { ...bareDelivery(names, offset, { state, because: becauseOfRange[state] }), settledAt: timeText(atMs) }
}

export const becauseOfRange: Readonly<Record<LoggedRange['state'], string>> = {
  expired: 'retention took the event before it was delivered',
  skipped: 'an operator moved the subscription over it',
}

/** A delivery as its newest entry tells. */
export function deliveryOf(names: Names, entry: Omit<LogEntry, 'list'>, states: StateNames) {
  const { offset, because, behind, nextAttemptAtMs, attempts, firstAttemptAtMs, atMs } = entry
  const goesOn = states.goesOn(names.uid) || isSettled(entry.state)
  return {
    ...placeOf(names, offset),
    state: states.of(names, entry),
    because: goesOn ? because || null : 'its subscription was deleted before it was over',
    behind: behind === null ? null : deliveryId(names.subscription, names.partition, behind),
    nextAttemptAt: nextAttemptAtMs === null || !goesOn ? null : timeText(nextAttemptAtMs),
    attempts,
    firstAttemptAt: firstAttemptAtMs === null ? null : timeText(firstAttemptAtMs),
    settledAt: isSettled(entry.state) ? timeText(atMs) : null,
  }
}

/** `nextAttemptAtMs`: when the delivery is tried again, for the newest attempt. */
type About = { nextAttemptAtMs: number | null; compared: LoggedComparison | undefined }

/** One attempt, with what is known of it from elsewhere. */
export function attemptOf(
  attempt: LoggedAttempt,
  { instance, job }: Pick<LogBatch, 'instance' | 'job'>,
  { nextAttemptAtMs, compared }: About,
) {
  const { number, atMs, url, decision, code, status, timingsMs, head, body, isTruncated } = attempt
  return {
    ...{ number, at: timeText(atMs), instance, target: url, job, decision, code, status, timingsMs },
    ...{ responseHead: head, responseBody: body, responseTruncated: isTruncated },
    comparison: comparisonMember(attempt, compared),
    hint: hintFor(attempt, nextAttemptAtMs),
  }
}

function hintFor({ decision, code }: LoggedAttempt, nextAttemptAtMs: number | null): string | null {
  if (decision === 'delivered') return null
  const hint = hintOf({ kind: decision, code })
  if (nextAttemptAtMs === null) return hint
  return `${hint} The next attempt is at ${timeText(nextAttemptAtMs).slice(11, 19)} UTC.`
}

const timeText = (ms: number) => new Date(ms).toISOString()
