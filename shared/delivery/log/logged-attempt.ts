import type { AttemptResult } from '../attempt.ts'
import type { Decision } from '../decide.ts'
import { keptBody, keptHead, type LoggedAttempt } from './entries.ts'

export type AttemptFacts = { number: number; url: string; result: AttemptResult; decision: Decision; endedAtMs: number }

/** One attempt as the log keeps it. The answer of a success at the first try is not looked at: nobody asks for it. */
export function loggedAttempt({ number, url, result, decision, endedAtMs }: AttemptFacts): LoggedAttempt {
  const { timingsMs } = result
  const { kind, code, detail } = decision
  const isAnswer = result.kind === 'answer'
  const isKept = isAnswer && !(kind === 'delivered' && number === 1)
  const body = isKept ? keptBody(result.body) : null
  return {
    ...{ number, atMs: Math.round(endedAtMs - timingsMs.total), url, decision: kind, code, detail, timingsMs },
    status: isAnswer ? result.status : null,
    head: isKept ? keptHead(result.headers) : {},
    body: body === null ? null : body.text,
    isTruncated: body !== null && isAnswer && (body.isCut || result.truncated),
  }
}
