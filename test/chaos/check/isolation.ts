import { momentsOf } from '../moments.ts'
import { type Facts, type Publication, receiptsOf, type Scope, succeeded } from './facts.ts'
import { isDisturbed, outagesOf, realFaults, type Span, servingOf } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

const leastShare = 0.95
const mostSlower = 1.25
/** On two cores that everything shares, less than this is noise. */
const noticeableMs = 250
/** Of less nothing can be said. */
const least = { events: 100, ns: 3e9 }
/** An event that was sent in the last moment of a window may arrive a moment after it. */
const graceNs = 1e9

/**
 * I11: while the receiver of one subscription is down, another subscription of the stream, whose receiver is well, goes on as
 * in the same time before: at least 95 % as much of what is published arrives, and its p99 is at most a quarter longer (or
 * below 250 ms). Judged where receivers say how they are, and no fault fell into either time.
 */
export function checkIsolation(facts: Facts, scope: Scope): Verdict {
  const others = [...facts.modes.keys()].filter((name) => name !== scope.subscription)
  const cases = others.flatMap((name) =>
    outagesOf(facts, name).flatMap((outage) => caseOf(facts, scope, { name, outage }) ?? []),
  )
  return verdict({
    invariant: 'I11',
    claim: 'the receiver of one subscription is no matter of another one',
    offences: cases.flatMap(({ offences }) => offences),
    judged: cases.length,
    counts: { outagesBeside: cases.length },
  })
}

type Beside = { name: string; outage: Span }

function caseOf(facts: Facts, scope: Scope, { name, outage }: Beside): { offences: Offence[] } | undefined {
  const { load } = momentsOf(facts, scope)
  const during = { fromNs: outage.fromNs, toNs: Math.min(outage.toNs, load.toNs) }
  const before = { fromNs: Math.max(load.fromNs, 2 * during.fromNs - during.toNs), toNs: during.fromNs }
  const whole = { fromNs: before.fromNs, toNs: during.toNs }
  const isWell = servingOf(facts, scope.subscription).every(
    ({ serves, fromNs, toNs }) => serves === 'all' || toNs <= whole.fromNs || fromNs >= whole.toNs,
  )
  const isLong = Math.min(during.toNs - during.fromNs, before.toNs - before.fromNs) >= least.ns
  if (!isWell || !isLong || isDisturbed(realFaults(facts), whole, 10_000)) return undefined
  const [then, now] = [measure(facts, scope, before), measure(facts, scope, during)]
  if (then.events < least.events || now.events < least.events) return undefined
  const share = now.share / then.share
  const mostMs = Math.max(noticeableMs, then.p99Ms * mostSlower)
  const less = `${(100 * share).toFixed(1)} % as much arrived as before, while ${name} was down`
  const slower = `p99 ${now.p99Ms.toFixed(0)} ms while ${name} was down, ${then.p99Ms.toFixed(0)} ms before`
  return {
    offences: [
      ...(share < leastShare ? [{ id: scope.subscription, what: less }] : []),
      ...(now.p99Ms > mostMs ? [{ id: scope.subscription, what: slower }] : []),
    ],
  }
}

/** Of what was sent in a window: how many events, which part of them arrived in it, and p99 from the first request on. */
function measure(facts: Facts, scope: Scope, { fromNs, toNs }: Span) {
  const receipts = receiptsOf(facts, scope)
  const sent = [...facts.publications.values()].filter(
    ({ stream, outcome, sentNs }) =>
      stream === scope.stream && outcome === 'acknowledged' && sentNs >= fromNs && sentNs < toNs,
  )
  const successNs = ({ id }: Publication) =>
    (receipts.get(id) ?? []).reduce((first, one) => (succeeded(one) ? Math.min(first, one.ns) : first), Infinity)
  const latencies = Float64Array.from(sent, (one) => (successNs(one) - one.sentNs) / 1e6).sort()
  const arrived = sent.filter((one) => successNs(one) <= toNs + graceNs).length
  const p99Ms = latencies[Math.ceil(latencies.length * 0.99) - 1] ?? 0
  return { events: sent.length, share: arrived / sent.length, p99Ms }
}
