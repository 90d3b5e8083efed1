import type { Facts, FaultSpan, Scope } from './check/facts.ts'
import type { Fault } from './faults/fault.ts'
import { type FaultName, faults, isFaultName } from './faults.ts'
import type { PublishLine } from './history.ts'
import { stillRunning } from './load/publish.ts'
import { mostDeliveredWithin } from './rates.ts'

/** All slots of the default concurrency twice: what was answered in the last turn of the event loop, and what went out in it. */
const inFlight = 2 * 64
/** Twice the pause between commits. */
const commitsMissedMs = 400

/**
 * How many deliveries these faults may repeat: whenever an owner ends, what it had in flight, and what was answered since
 * its last commit where nothing else remembers that, were it in the busiest moment of the run.
 */
export function allowedDuplicates(names: readonly FaultName[]): (facts: Facts, scope: Scope) => number {
  return (facts, scope) => {
    const allowed = names.map((name) => {
      const { takeovers, uncommittedMs = commitsMissedMs }: Fault = faults[name]
      return takeovers === 0 ? 0 : takeovers * (inFlight + mostDeliveredWithin(facts, scope, uncommittedMs))
    })
    return allowed.reduce((sum, one) => sum + one, 0)
  }
}

/** What a fault of this name may cost in repeats, by what was delivered while it lasted. */
export function boundPerFault(facts: Facts, scope: Scope): (fault: FaultSpan) => number {
  return ({ fault: name, ns, wholeNs = Infinity }) => {
    if (!isFaultName(name)) return 0
    const { takeovers, uncommittedMs = commitsMissedMs }: Fault = faults[name]
    if (takeovers === 0) return 0
    const window = { fromNs: ns - uncommittedMs * 1e6, toNs: wholeNs }
    return takeovers * (inFlight + mostDeliveredWithin(facts, scope, uncommittedMs, window))
  }
}

/** Whether publish requests may fail in a run with these faults. */
export const mayFailRequests = (names: readonly FaultName[]): boolean =>
  names.some((name) => failsRequests(faults[name]))

/** Answers that blame the request, or say that its stream is not there. All that is sent is right, and its stream is there. */
const blaming = new Set([400, 404, 413, 415, 422])

/**
 * Whether nobody may have been left to answer a request: while a fault lasted that may have such a moment. Afterwards the
 * repeats of a request that it left open may still hear that the first one is under way. Nothing excuses an answer that
 * blames the request: its publisher would not send it again.
 */
export function isExcused(facts: Facts, request: PublishLine): boolean {
  if (blaming.has(request.status ?? 0)) return false
  if (isWithinFault(facts, request)) return true
  if (request.code !== stillRunning) return false
  const first = facts.requests.find(({ id }) => id === request.id)
  return first !== undefined && first.outcome !== 'acknowledged' && isWithinFault(facts, first)
}

const isWithinFault = ({ faults: spans }: Facts, { sentNs, ns }: PublishLine): boolean =>
  spans.some(
    ({ fault: name, ns: fromNs, wholeNs = Infinity }) =>
      isFaultName(name) && failsRequests(faults[name]) && sentNs <= wholeNs && ns >= fromNs,
  )

const failsRequests = (fault: Fault): boolean => fault.failsRequests === true
