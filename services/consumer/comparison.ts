import { createHash } from 'node:crypto'
import type { Answer, AttemptResult } from '#shared/delivery/attempt.ts'

/** One answer as it is compared; the body only by its hash (hex), because bodies are never logged. */
export type Side = { status: number; bodySha256: string; bodyBytes: number }

/** What two targets made of the same event. `skipped`: the second one was not asked, it is down or has no room. */
export type Comparison =
  | { kind: 'match' }
  | { kind: 'mismatch'; primary: Side; other: Side }
  | { kind: 'unanswered' }
  | { kind: 'skipped' }

/**
 * Compares two answers by status class and body, as far as it was kept (64 KiB). Nothing is said of an attempt without an
 * answer: that it failed is known without a comparison. Pure.
 */
export function compare(primary: AttemptResult | undefined, other: AttemptResult | undefined): Comparison {
  if (primary?.kind !== 'answer' || other?.kind !== 'answer') return { kind: 'unanswered' }
  const isAlike = classOf(primary) === classOf(other) && primary.body.equals(other.body)
  return isAlike ? { kind: 'match' } : { kind: 'mismatch', primary: sideOf(primary), other: sideOf(other) }
}

const classOf = ({ status }: Answer): number => Math.floor(status / 100)

function sideOf({ status, body }: Answer): Side {
  return { status, bodySha256: createHash('sha256').update(body).digest('hex'), bodyBytes: body.length }
}
