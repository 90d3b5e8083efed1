import type { Answer, AttemptResult, Failure, FailureCode, FailureStage } from './attempt.ts'
import { retryAfterMs } from './retry-after.ts'

/** How a dead letter came to be, as operators filter it. */
export type DeadLetterCause =
  | 'refused'
  | 'asked'
  | 'exhausted'
  | 'target-refused'
  | 'malformed-record'
  | 'too-large'
  | 'key-backlog'
  | 'internal'

/**
 * What one attempt says about the target: `up` (it did its work, whatever it thinks of the event), `response` (it
 * answered, but as a broken receiver does, or fell silent), `connection` (it could not be reached), `none` (nothing).
 */
export type Evidence = 'up' | 'response' | 'connection' | 'none'

/** What one attempt's answer leads to. */
export type Decision = {
  kind: 'delivered' | 'retry' | 'target-waits' | 'target-gone' | 'dead-letter'
  /** `status-422`, or the code of the failure; key of the hints. */
  code: string
  /** A few words for people. */
  detail: string
  evidence: Evidence
  /** Another attempt within a second may help: the connection broke, or a proxy found no receiver behind it. */
  quickRetry: boolean
  /** Of `target-waits`: how long nothing is sent to the target, 1 s to 15 min. */
  retryAfterMs: number | null
  /** What the dead letter is called when this attempt is the last one; null stands for `exhausted`. */
  cause: DeadLetterCause | null
}

type StatusClass = 'delivered' | 'event' | 'target' | 'busy' | 'gone' | 'fault'

/** Status codes that do not follow their hundred. Everything else: 2xx delivered, 3xx a target set up wrongly, the rest a fault. */
const statusClasses: Readonly<Record<number, StatusClass>> = {
  // The receiver read this event and will never take it: a dead letter at once.
  400: 'event',
  406: 'event',
  411: 'event',
  413: 'event',
  414: 'event',
  415: 'event',
  422: 'event',
  // The target is set up wrongly: every event would get the same answer, so none is at fault.
  401: 'target',
  402: 'target',
  403: 'target',
  404: 'target',
  405: 'target',
  407: 'target',
  409: 'target',
  421: 'target',
  426: 'target',
  451: 'target',
  429: 'busy',
  410: 'gone',
}

/** Statuses a proxy sends while the receiver behind it restarts. */
const passingFaults: ReadonlySet<number> = new Set([502, 503, 504])

/** What a restart, a full accept queue or a kept-alive connection closed a moment ago looks like. */
const passingFailures: ReadonlySet<FailureCode> = new Set([
  'dns-failed',
  'connect-refused',
  'connect-reset',
  'connect-unreachable',
  'connect-failed',
  'io-reset',
  'io-closed',
])

/** A receiver that answers 429 without a usable Retry-After is left alone as long as a first retry waits. */
const defaultWaitMs = 5_000

/** What an operator says that statuses mean: `409` or a class such as `4xx` → the outcome; the exact status counts first. */
export type OnStatus = Readonly<Record<string, 'delivered' | 'retry' | 'dead-letter'>>

const noOverrides: OnStatus = {}

/**
 * Reads what one attempt came to: the receiver's own wish (Tailrace-Outcome) counts most, then `onStatus`, then the status.
 * `nowMs` is the wall clock, needed for dates in Retry-After. Pure.
 */
export function decide(result: AttemptResult, nowMs: number, onStatus: OnStatus = noOverrides): Decision {
  if (result.kind === 'failure') return decideFailure(result)
  return asked(result) ?? overridden(result, nowMs, onStatus) ?? decideStatus(result, nowMs)
}

/** The outcome that a receiver asks for by the header Tailrace-Outcome; `unknown` for any other value, which is ignored. */
export function askedOutcome(answer: Answer): 'delivered' | 'retry' | 'dead-letter' | 'unknown' | null {
  const value = answer.headers['tailrace-outcome']
  if (value === undefined) return null
  return value === 'delivered' || value === 'retry' || value === 'dead-letter' ? value : 'unknown'
}

function decideStatus(answer: Answer, nowMs: number): Decision {
  const { status } = answer
  switch (classOf(status)) {
    case 'delivered':
      return delivered(status)
    case 'event':
      return decision(status, { kind: 'dead-letter', evidence: 'up', cause: 'refused' })
    case 'gone':
      return decision(status, { kind: 'target-gone', evidence: 'none' })
    case 'busy':
      return decision(status, waits(retryAfterMs(answer.headers, nowMs) ?? defaultWaitMs))
    case 'target':
      return decision(status, { kind: 'retry', evidence: 'response' })
    case 'fault':
      return decideFault(answer, nowMs)
  }
}

function decideFault(answer: Answer, nowMs: number): Decision {
  const waitMs = answer.status === 503 ? retryAfterMs(answer.headers, nowMs) : null
  if (waitMs !== null) return decision(answer.status, waits(waitMs))
  const quickRetry = passingFaults.has(answer.status)
  return decision(answer.status, { kind: 'retry', evidence: 'response', quickRetry })
}

/** An explicit wish wins over the status: only the receiver's own code sends this header. */
function asked(answer: Answer): Decision | null {
  switch (askedOutcome(answer)) {
    case 'delivered':
      return { ...delivered(answer.status), detail: `target asked for delivered with ${answer.status}` }
    case 'dead-letter':
      return {
        ...decision(answer.status, { kind: 'dead-letter', evidence: 'up', cause: 'asked' }),
        detail: `target asked for dead-letter with ${answer.status}`,
      }
    case 'retry':
      return {
        ...decision(answer.status, { kind: 'retry', evidence: 'up' }),
        detail: `target asked for retry with ${answer.status}`,
      }
    default:
      return null
  }
}

/**
 * What an operator made of the status. A dead letter is then about the event, so it says that the target is up; a retry
 * speaks against the target unless the status itself says that it is up: what fails for every event must end in a hold,
 * not in a burnt backlog.
 */
function overridden(answer: Answer, nowMs: number, onStatus: OnStatus): Decision | null {
  const { status } = answer
  const outcome = onStatus[status] ?? onStatus[`${Math.floor(status / 100)}xx`]
  if (outcome === undefined) return null
  const detail = `target answered ${status}, which onStatus calls ${outcome}`
  switch (outcome) {
    case 'delivered':
      return { ...delivered(status), detail }
    case 'dead-letter':
      return { ...decision(status, { kind: 'dead-letter', evidence: 'up', cause: 'refused' }), detail }
    case 'retry': {
      const { evidence, quickRetry } = decideStatus(answer, nowMs)
      return {
        ...decision(status, { kind: 'retry', evidence: evidence === 'up' ? 'up' : 'response', quickRetry }),
        detail,
      }
    }
    default:
      return outcome satisfies never
  }
}

const evidenceOfStage: Readonly<Record<FailureStage, Evidence>> = {
  dns: 'connection',
  connect: 'connection',
  tls: 'connection',
  // Held, not dead-lettered: a name that moved or a forgotten allow-list entry must not burn a backlog.
  egress: 'connection',
  // One event can make a receiver hang or crash: only several different ones speak against the target.
  timeout: 'response',
  io: 'response',
}

function decideFailure({ stage, code, detail }: Failure): Decision {
  return {
    kind: 'retry',
    code,
    detail,
    evidence: code === 'aborted' ? 'none' : code === 'connect-timeout' ? 'connection' : evidenceOfStage[stage],
    quickRetry: passingFailures.has(code),
    retryAfterMs: null,
    cause: stage === 'egress' ? 'target-refused' : null,
  }
}

function classOf(status: number): StatusClass {
  const named = statusClasses[status]
  if (named !== undefined) return named
  if (status >= 200 && status < 300) return 'delivered'
  return status >= 300 && status < 400 ? 'target' : 'fault'
}

const waits = (waitMs: number) => ({ kind: 'target-waits', evidence: 'none', retryAfterMs: waitMs }) as const

function decision(status: number, rest: Pick<Decision, 'kind' | 'evidence'> & Partial<Decision>): Decision {
  return {
    code: `status-${status}`,
    detail: `target answered ${status}`,
    quickRetry: false,
    retryAfterMs: null,
    cause: null,
    ...rest,
  }
}

/** The usual ending, made once per status: this runs for every event. */
const deliveredDecisions = new Map<number, Decision>()

function delivered(status: number): Decision {
  const known = deliveredDecisions.get(status)
  if (known !== undefined) return known
  const made = Object.freeze(decision(status, { kind: 'delivered', evidence: 'up' }))
  deliveredDecisions.set(status, made)
  return made
}
