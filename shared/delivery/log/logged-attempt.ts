import type { AttemptResult } from '../attempt.ts'
import type { Decision } from '../decide.ts'
import { keptBody, keptHead, type LoggedAttempt } from './entries.ts'

/** `result` null: no HTTP request, the target is a topic. Times are wall clock, ms. */
export type AttemptFacts = {
  number: number
  url: string
  result: AttemptResult | null
  decision: Decision
  startedAtMs: number
  endedAtMs: number
  isCompared: boolean
}

/** One attempt as the log keeps it. The answer of a success at the first try is not looked at: nobody asks for it. */
export function loggedAttempt({ number, url, result, decision, ...facts }: AttemptFacts): LoggedAttempt {
  const { startedAtMs, endedAtMs, isCompared } = facts
  const total = Math.max(0, endedAtMs - startedAtMs)
  const timingsMs = result?.timingsMs ?? { dns: 0, connect: 0, tls: 0, firstByte: null, total }
  const { kind, code, detail } = decision
  const answer = result?.kind === 'answer' ? result : null
  const kept = kind === 'delivered' && number === 1 ? null : answer
  const body = kept === null ? null : keptBody(kept.body)
  return {
    ...{ number, atMs: Math.round(endedAtMs - timingsMs.total), url, decision: kind, code, detail, timingsMs },
    status: answer?.status ?? null,
    head: kept === null ? {} : keptHead(kept.headers),
    body: body === null ? null : body.text,
    isTruncated: body !== null && (body.isCut || kept?.truncated === true),
    isCompared,
  }
}
