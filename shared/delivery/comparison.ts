import { createHash } from 'node:crypto'
import type { Answer, AttemptResult } from './attempt.ts'
import { responseBodyLimitBytes } from './exchange.ts'

/** One answer as it is compared; the body only by its hash (hex), because bodies are never logged. */
export type Side = { readonly status: number; readonly bodySha256: string; readonly bodyBytes: number }

/**
 * What two targets made of the same event. `unanswered`: one of them gave no answer, or not the whole of one; `skipped`: the
 * second one was not asked, it is down or has no room.
 */
export type Comparison =
  | { readonly kind: 'match' }
  | { readonly kind: 'mismatch'; readonly primary: Side; readonly other: Side }
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'skipped' }

/**
 * Compares two answers by status class and body, as far as it was kept (64 KiB). Nothing is said of an attempt without an
 * answer: that it failed is known without a comparison. A body that broke off says nothing either, its status does. Pure.
 */
export function compare(primary: AttemptResult | undefined, other: AttemptResult | undefined): Comparison {
  if (primary?.kind !== 'answer' || other?.kind !== 'answer') return { kind: 'unanswered' }
  const isSameClass = classOf(primary) === classOf(other)
  if (isSameClass && (brokeOff(primary) || brokeOff(other))) return { kind: 'unanswered' }
  const isAlike = isSameClass && primary.body.equals(other.body)
  return isAlike ? { kind: 'match' } : { kind: 'mismatch', primary: sideOf(primary), other: sideOf(other) }
}

const classOf = ({ status }: Answer): number => Math.floor(status / 100)

/** What is longer than the limit is cut there, always: that much of it is compared. */
const brokeOff = ({ body, truncated }: Answer): boolean => truncated && body.length < responseBodyLimitBytes

function sideOf({ status, body }: Answer): Side {
  return { status, bodySha256: createHash('sha256').update(body).digest('hex'), bodyBytes: body.length }
}
