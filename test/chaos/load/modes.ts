import { createHash } from 'node:crypto'
import { parseEventId } from '../history.ts'

/** Which requests a failing receiver fails: those of some keys, of a share (0–1) of all events, or a share of all requests. */
export type Choice =
  | { keys: readonly string[] }
  | { keyPrefix: string }
  | { shareOfEvents: number }
  | { shareOfRequests: number }

/**
 * `accept` answers 204, `refuse` closes the port, `answer` gives one status (to every nth request), `fail` fails some
 * requests and accepts the others: of each chosen event the first `times`, or those within `forMs` after its first one, or
 * all. `asksForRetry` says that the receiver itself is well, so that no breaker opens however many fail.
 */
export type ReceiverMode =
  | { kind: 'accept'; delayMs?: number }
  | { kind: 'refuse' }
  | { kind: 'answer'; status: number; everyNth?: number }
  | { kind: 'fail'; of: Choice; times?: number; forMs?: number; asksForRetry?: boolean; delayMs?: number }

export type Answering = { status: number; headers: Record<string, string> }

/** One request of the event `id`; `count` numbers the requests of the receiver, `ns` is the monotonic time. */
export type Asked = { id: string; count: number; ns: number }

const accepted: Answering = { status: 204, headers: {} }
const failedOnPurpose: Answering = { status: 500, headers: {} }
const askedToRetry: Answering = { status: 500, headers: { 'tailrace-outcome': 'retry' } }

/** Decides the answers of a receiver; remembers how often and since when each chosen event was asked for. */
export function createAnswers(random: () => number = Math.random): (mode: ReceiverMode, asked: Asked) => Answering {
  const known = new Map<string, { requests: number; firstNs: number }>()
  return (mode, asked) => {
    if (mode.kind === 'answer') {
      return asked.count % (mode.everyNth ?? 1) === 0 ? { status: mode.status, headers: {} } : accepted
    }
    if (mode.kind !== 'fail' || !isChosen(mode.of, asked.id, random)) return accepted
    const { requests, firstNs } = known.get(asked.id) ?? { requests: 0, firstNs: asked.ns }
    known.set(asked.id, { requests: requests + 1, firstNs })
    const { times = Infinity, forMs = Infinity } = mode
    if (requests >= times || asked.ns - firstNs >= forMs * 1e6) return accepted
    return mode.asksForRetry === true ? askedToRetry : failedOnPurpose
  }
}

function isChosen(of: Choice, id: string, random: () => number): boolean {
  const key = parseEventId(id)?.key ?? ''
  if ('keys' in of) return of.keys.includes(key)
  if ('keyPrefix' in of) return key.startsWith(of.keyPrefix)
  return 'shareOfEvents' in of ? fractionOf(id) < of.shareOfEvents : random() < of.shareOfRequests
}

/** The same number from 0 to 1 for an event whenever it comes. */
const fractionOf = (id: string): number => createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32
