import { createHash } from 'node:crypto'
import { parseEventId } from '../history.ts'
import type { Break } from './breaks.ts'

/**
 * Which requests a failing receiver fails: those of some keys, of a share (0–1) of all events, a share of all attempts
 * (the same ones in every run), or a share of all requests (by chance).
 */
export type Choice =
  | { keys: readonly string[] }
  | { keyPrefix: string }
  | { shareOfEvents: number }
  | { shareOfAttempts: number }
  | { shareOfRequests: number }

/**
 * `accept` answers 204, `refuse` closes the port, `deaf` takes connections and never reads from them, `answer` gives one
 * status (to every nth request), `break` breaks each answer in one way (breaks.ts), `fail` fails some requests and accepts the
 * others: of each chosen event the first `times`, or those within `forMs` after its first one, or all. `asksForRetry` says that
 * the receiver itself is well, so that no breaker opens however many fail.
 */
export type ReceiverMode =
  | { kind: 'accept'; delayMs?: number }
  | { kind: 'refuse' }
  | { kind: 'deaf' }
  | { kind: 'answer'; status: number; everyNth?: number; headers?: Readonly<Record<string, string>> }
  | { kind: 'break'; how: Break }
  | { kind: 'fail'; of: Choice; times?: number; forMs?: number; asksForRetry?: boolean; delayMs?: number }

export type Answering = { status: number; headers: Readonly<Record<string, string>> }

/** A request of the event `id`, by its own word the nth `attempt`; `count` numbers the receiver's requests, `ns` is monotonic. */
export type Asked = { id: string; attempt: number; count: number; ns: number }

const accepted: Answering = { status: 204, headers: {} }
const failedOnPurpose: Answering = { status: 500, headers: {} }
const askedToRetry: Answering = { status: 500, headers: { 'tailrace-outcome': 'retry' } }

/** Decides the answers of a receiver; remembers how often and since when each chosen event was asked for. */
export function createAnswers(random: () => number = Math.random): (mode: ReceiverMode, asked: Asked) => Answering {
  const known = new Map<string, { requests: number; firstNs: number }>()
  return (mode, asked) => {
    if (mode.kind === 'answer') {
      return asked.count % (mode.everyNth ?? 1) === 0 ? { status: mode.status, headers: mode.headers ?? {} } : accepted
    }
    if (mode.kind !== 'fail' || !isChosen(mode.of, asked, random)) return accepted
    const { requests, firstNs } = known.get(asked.id) ?? { requests: 0, firstNs: asked.ns }
    known.set(asked.id, { requests: requests + 1, firstNs })
    const { times = Infinity, forMs = Infinity } = mode
    if (requests >= times || asked.ns - firstNs >= forMs * 1e6) return accepted
    return mode.asksForRetry === true ? askedToRetry : failedOnPurpose
  }
}

function isChosen(of: Choice, { id, attempt }: Asked, random: () => number): boolean {
  const { publisher, key = '', seq } = parseEventId(id) ?? {}
  if ('keys' in of) return of.keys.includes(key)
  if ('keyPrefix' in of) return key.startsWith(of.keyPrefix)
  if ('shareOfAttempts' in of) return fractionOf(`${publisher}-${key}-${seq}/${attempt}`) < of.shareOfAttempts
  return 'shareOfEvents' in of ? fractionOf(id) < of.shareOfEvents : random() < of.shareOfRequests
}

/** The same number from 0 to 1 for the same text. */
export const fractionOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
