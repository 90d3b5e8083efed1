import { type Static, Type } from 'typebox'
import { nullable, time } from '#shared/catalog/schema.ts'
import { deadLetterRetentionMs } from '#shared/catalog/topics.ts'
import { type DeadLetter, kindOf, type StreamOf } from '#shared/delivery/dead-letter-record.ts'
import { deliveryIdOf } from '#shared/delivery/dead-letter-selection.ts'
import { positionOf } from '#shared/event/record.ts'

const text = Type.String()
const textOrNull = nullable(Type.String())

/** A dead letter without its body. */
export const deadLetterAnswer = Type.Object({
  id: Type.String({ description: 'Of the delivery: <subscription>-<partition>-<offset>.' }),
  subscription: text,
  position: Type.String({ description: '<stream>-<partition>-<offset>' }),
  ...{ eventId: text, source: text, type: text, key: textOrNull },
  kind: Type.String({ description: 'receiver: it was refused or failed there; pipeline: it could not be delivered.' }),
  cause: Type.String({
    description: 'refused, asked, exhausted, target-refused, malformed-record, too-large, key-backlog, internal.',
  }),
  ...{ code: text, detail: text },
  attempts: Type.Integer(),
  firstAttemptAt: time('First attempt.'),
  lastAttemptAt: time('Last attempt.'),
  deadAt: time('When it was given up.'),
  expiresAt: time('Until when it is kept, at least.'),
  contentType: textOrNull,
  bytes: Type.Integer({ description: 'Size of the body.' }),
  job: Type.Union([Type.String(), Type.Null()], { description: 'The job whose delivery failed.' }),
})

/** Beside what is listed or counted. */
export const leftOutAnswer = Type.Integer({
  description:
    'Newer dead letters that are not considered, because too many are unsettled: first settle some of these.',
})

export const summaryAnswer = Type.Object({
  groups: Type.Array(
    Type.Object({
      ...{ subscription: text, cause: text, code: text },
      count: Type.Integer(),
      firstAt: time('Oldest.'),
      lastAt: time('Newest.'),
      sample: Type.String({ description: 'The newest one.' }),
    }),
  ),
  total: Type.Integer(),
  leftOut: leftOutAnswer,
})

export function deadLetterAnswerOf(letter: DeadLetter, streamOf: StreamOf) {
  const { source, subscription, cause, code, detail, attempts } = letter
  return {
    id: deliveryIdOf(letter),
    subscription,
    position: positionOf(streamOf(source.topic).name, source.partition, source.offset),
    ...{ eventId: letter.eventId, source: letter.eventSource, type: letter.type, key: letter.eventKey },
    ...{ kind: kindOf(cause), cause, code, detail, attempts },
    ...{ firstAttemptAt: letter.firstAttemptAt, lastAttemptAt: letter.lastAttemptAt },
    deadAt: new Date(letter.deadAtMs).toISOString(),
    expiresAt: new Date(letter.deadAtMs + deadLetterRetentionMs).toISOString(),
    ...{ contentType: letter.contentType, bytes: letter.bytes, job: letter.job },
  } satisfies Static<typeof deadLetterAnswer>
}

/** How many died of what, per subscription; the largest group first. `letters` are newest first. */
export function summaryOf(letters: readonly DeadLetter[], leftOut: number): Static<typeof summaryAnswer> {
  const groups = new Map<string, Static<typeof summaryAnswer>['groups'][number]>()
  for (const letter of letters) {
    const { subscription, cause, code } = letter
    const name = JSON.stringify([subscription, cause, code])
    const at = new Date(letter.deadAtMs).toISOString()
    const known = groups.get(name)
    if (known !== undefined) {
      known.count += 1
      known.firstAt = at
    } else
      groups.set(name, { subscription, cause, code, count: 1, firstAt: at, lastAt: at, sample: deliveryIdOf(letter) })
  }
  return { groups: [...groups.values()].sort((a, b) => b.count - a.count), total: letters.length, leftOut }
}
