import { TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import { positionOf } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { Seen } from '#shared/redis/idempotency-marks.ts'
import type { StoredEvent, Verdict } from '../deduplication.ts'
import { decodeAnswer } from './stored-answer.ts'

export const append: Verdict = { kind: 'append' }

/** One event of a request and what is known of it; `seen` is undefined when nobody said anything. */
export type Finding = { stream: string; event: MappedEvent; impliedId: string | null; seen: Seen | undefined }

export function verdictOf(finding: Finding): Verdict {
  const { seen } = finding
  switch (seen?.kind) {
    case 'mismatch':
      return { kind: 'refuse', error: mismatch() }
    case 'running':
      return { kind: 'refuse', error: running() }
    case 'done': {
      const answer = replayOf(finding, seen.answer)
      // A text that is none of ours says nothing about this event: storing it again is the safe side.
      return answer === undefined ? append : { kind: 'replay', answer }
    }
    case 'opened':
    case 'taken-over':
    case undefined:
      return append
    default:
      return seen satisfies never
  }
}

function replayOf({ stream, event, impliedId }: Finding, text: string): StoredEvent | undefined {
  const answer = decodeAnswer(text, event, impliedId)
  if (answer === undefined) return undefined
  const { id, source, partition, offset } = answer
  const webhookId = id === event.id && source === event.source ? event.webhookId : webhookIdOf(source, id)
  return { id, source, webhookId, partition, offset, position: positionOf(stream, partition, offset), replayed: true }
}

const mismatch = () =>
  new TailraceError(
    'idempotency-mismatch',
    'The same idempotency key, or the same source and id, came with another body. Nothing was stored.',
  )

const retryAfterMs = 1_000

const running = () =>
  new TailraceError(
    'idempotency-in-progress',
    'The same event is being stored just now, or it is not known yet whether it is. Nothing was stored twice.',
    { retryAfterMs },
  )
