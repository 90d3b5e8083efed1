import type { ReceiveLine } from '../history.ts'
import { type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { isDisturbed, outagesOf, realFaults, type Span } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** It takes 10 different events in a row, within 10 s, to find a receiver down; at most that many in flight are tried beside them. */
const evidence = { events: 10, windowNs: 10e9 }
/** What had begun when the last of them was answered has arrived by then. */
const settleNs = 1e9
/** A process probes 4 s after the last time or later, and while another one does not. */
const probeNs = 3.5e9
/** 5 s and a fifth, and one for the way. */
const closeNs = 7e9
const usualTimeoutMs = 15_000

/**
 * I14: once a receiver that answers nothing well has failed ten different events of a process, nothing but probes comes from
 * that process; and when it is well again, something that waits arrives within a probe period and a second. That the hold costs
 * no event is I1's and I7's matter. Judged where the receiver says when it is down; the return not where a fault fell into it.
 */
export function checkHold(facts: Facts, scope: Scope): Verdict {
  const outages = outagesOf(facts, scope.subscription)
  const arrivals = outages.length === 0 ? [] : arrivalsOf(facts, scope)
  const cases = outages.flatMap((outage) => [
    ...crowdsOf(arrivals, outage),
    ...returnsOf(facts, scope, { arrivals, outage }),
  ])
  return verdict({
    invariant: 'I14',
    claim: 'a receiver that is down gets nothing but probes, and everything soon after its return',
    offences: cases.flatMap(({ offences }) => offences),
    judged: cases.length,
    counts: { holds: cases.length, requestsBesideProbes: cases.reduce((sum, one) => sum + one.offences.length, 0) },
  })
}

const arrivalsOf = (facts: Facts, scope: Scope): ReceiveLine[] =>
  [...receiptsOf(facts, scope).values()]
    .flat()
    .filter(({ job }) => job === null)
    .sort((a, b) => a.arrivedNs - b.arrivedNs)

type Case = { offences: readonly Offence[] }

/** One case for each process that had the evidence. */
function crowdsOf(arrivals: readonly ReceiveLine[], { fromNs, toNs }: Span): Case[] {
  const here = arrivals.filter(({ arrivedNs, ns }) => arrivedNs >= fromNs && ns < toNs)
  return [...Map.groupBy(here, ({ sender }) => sender)].flatMap(([sender, some]) => {
    const downNs = downSince(some)
    if (sender === null || downNs === undefined) return []
    const after = some.filter(({ arrivedNs }) => arrivedNs > downNs + settleNs)
    const offences = after.flatMap(({ id, arrivedNs }, index) => {
      const restNs = arrivedNs - (after[index - 1]?.arrivedNs ?? -Infinity)
      const what = `sent ${Math.round(restNs / 1e6)} ms after a request of the same process to a receiver that was down`
      return restNs < probeNs ? [{ id, what }] : []
    })
    return [{ offences }]
  })
}

/** When a process had failures enough of different events. */
function downSince(answers: readonly { id: string; ns: number }[]): number | undefined {
  const last = new Map<string, number>()
  for (const { id, ns } of answers.toSorted((a, b) => a.ns - b.ns)) {
    last.delete(id)
    last.set(id, ns)
    for (const [other, atNs] of last) {
      if (ns - atNs <= evidence.windowNs) break
      last.delete(other)
    }
    if (last.size >= evidence.events) return ns
  }
  return undefined
}

type Return = { arrivals: readonly ReceiveLine[]; outage: Span }

function returnsOf(facts: Facts, scope: Scope, { arrivals, outage }: Return): Case[] {
  const { fromNs, toNs } = outage
  const { timeoutMs = usualTimeoutMs } = scope
  // A request that hangs when its receiver returns is a probe that must end first.
  const hangs = ({ arrivedNs, ns }: ReceiveLine) => arrivedNs < toNs && ns - arrivedNs > 1e9
  const hangNs = arrivals.some(hangs) ? timeoutMs * 1e6 : 0
  const latestNs = toNs + closeNs + hangNs
  if (toNs === Infinity || isDisturbed(realFaults(facts), { fromNs, toNs: latestNs })) return []
  const waiting = waitingAt(facts, scope, toNs)
  if (waiting === undefined) return []
  const first = arrivals.find((one) => one.arrivedNs >= toNs && succeeded(one))
  if (first !== undefined && first.ns <= latestNs) return [{ offences: [] }]
  const tookMs = first === undefined ? undefined : Math.round((first.ns - toNs) / 1e6)
  const what = tookMs === undefined ? 'nothing was delivered' : `the first delivery came ${tookMs} ms`
  return [{ offences: [{ id: waiting, what: `waited, and ${what} after the return of its receiver` }] }]
}

/** An event that was stored, and not delivered, when a receiver returned. */
function waitingAt(facts: Facts, scope: Scope, ns: number): string | undefined {
  const receipts = receiptsOf(facts, scope)
  const letters = facts.deadLetters.get(scope.subscription)
  for (const { id, stream, outcome, ns: knownNs } of facts.publications.values()) {
    if (stream !== scope.stream || outcome !== 'acknowledged' || knownNs > ns) continue
    const isOver = receipts.get(id)?.some((one) => succeeded(one) && one.ns <= ns) || letters?.has(id)
    if (isOver !== true) return id
  }
  return undefined
}
