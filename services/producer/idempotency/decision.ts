import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { Seen } from '#shared/redis/idempotency-marks.ts'
import type { IdempotentRequest, Plan, RequestEvent } from './plan.ts'
import { decodeAnswer, type StoredAnswer } from './stored-answer.ts'

/** What is to be done with one event. `twin`: answer it like event `of` of the same request. */
export type Decision =
  | { readonly kind: 'append' }
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'twin'; readonly of: number }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'running' }

const append: Decision = { kind: 'append' }

/** What Redis said of one event that has a mark there; `seen` is undefined when it said nothing. */
export type Finding = { readonly seen: Seen | undefined; readonly impliedId: string | null }

/** `findings`: by index of the event. */
export function decide(
  plans: readonly Plan[],
  { events }: Pick<IdempotentRequest, 'events'>,
  findings: ReadonlyMap<number, Finding>,
): readonly Decision[] {
  return plans.map((plan, index) => {
    switch (plan.kind) {
      case 'plain':
        return append
      case 'twin':
        return { kind: 'twin', of: plan.of }
      case 'impostor':
        return { kind: 'mismatch' }
      case 'marked':
        return decideMarked(findings.get(index), events[index])
      default:
        return plan satisfies never
    }
  })
}

function decideMarked(finding: Finding | undefined, event: RequestEvent | undefined): Decision {
  const seen = finding?.seen
  switch (seen?.kind) {
    case 'mismatch':
    case 'running':
      return { kind: seen.kind }
    case 'done': {
      const answer = event && decodeAnswer(seen.answer, event, finding?.impliedId ?? null)
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

export function isRefused({ kind }: Decision): boolean {
  return kind === 'mismatch' || kind === 'running'
}

const retryAfterMs = 1_000

/**
 * Throws when the request must not be stored: `idempotency-mismatch` or `idempotency-in-progress`, the first before the
 * second because no waiting mends it. The events of a batch are named by index.
 */
export function refuseUnlessNew(decisions: readonly Decision[]): void {
  const mismatches = indexesOf(decisions, 'mismatch')
  if (mismatches.length > 0) {
    const detail = 'The same idempotency key, or the same source and id, came with another body. Nothing was stored.'
    throw new TailraceError(
      'idempotency-mismatch',
      detail,
      faults(decisions, mismatches, 'other-body', 'has another body'),
    )
  }
  const running = indexesOf(decisions, 'running')
  if (running.length > 0) {
    const detail =
      'The same event is being stored just now, or it is not known yet whether it is. Nothing was stored twice.'
    const errors = faults(decisions, running, 'in-progress', 'is being stored by another request')
    throw new TailraceError('idempotency-in-progress', detail, { retryAfterMs, ...errors })
  }
}

function indexesOf(decisions: readonly Decision[], kind: Decision['kind']): number[] {
  return decisions.flatMap((decision, index) => (decision.kind === kind ? [index] : []))
}

function faults(
  decisions: readonly Decision[],
  indexes: number[],
  code: string,
  what: string,
): { errors?: FieldFault[] } {
  if (decisions.length === 1) return {}
  return { errors: indexes.map((index) => ({ index, code, detail: `event ${index} ${what}` })) }
}
