import type { ExitLine } from '../history.ts'
import type { Facts } from './facts.ts'
import { isDisturbed, realFaults, type Span } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

const longestMs = 30_000
/** Connections that a process closed in its last moment are noticed within this time. */
const echoMs = 500
/** What asks a process to stop, and is no disturbance of that. */
const isAsking = ({ fault }: { fault: string }): boolean => /^(term|remove)-/.test(fault)

/**
 * I15: a process that is asked to stop ends within 30 s, and no request fails meanwhile that has no other fault for a reason.
 * That it repeats no delivery is I5's matter, that it commits what it finished, I9's.
 */
export function checkGracefulStop(facts: Facts): Verdict {
  const exits = facts.exits.filter(({ signal }) => signal === 'SIGTERM')
  const others = realFaults(facts).filter((fault) => !isAsking(fault))
  const slow = exits.flatMap(slowness)
  const failed = failuresWithin(facts, exits).filter(({ span }) => !isDisturbed(others, span, longestMs))
  return verdict({
    invariant: 'I15',
    claim: 'a process that is asked to stop does so in 30 s, and no request fails for it',
    offences: [...slow, ...failed.map(({ offence }) => offence)],
    judged: exits.length,
    counts: { gracefulStops: exits.length, failedAtStop: failed.length },
  })
}

function slowness({ victim, ns, askedNs }: ExitLine): Offence[] {
  const tookMs = Math.round((ns - askedNs) / 1e6)
  return tookMs > longestMs ? [{ id: victim, what: `ended ${tookMs} ms after it was asked to` }] : []
}

function failuresWithin({ requests }: Facts, exits: readonly ExitLine[]): { span: Span; offence: Offence }[] {
  if (exits.length === 0) return []
  return requests.flatMap(({ id, sentNs, ns, outcome, status, code }) => {
    if (outcome === 'acknowledged') return []
    const exit = exits.find((one) => sentNs <= one.ns + echoMs * 1e6 && ns >= one.askedNs)
    if (exit === undefined) return []
    const what = `${outcome}: ${status ?? 'no answer'} ${code ?? ''} while ${exit.victim} stopped`
    return [{ span: { fromNs: sentNs, toNs: ns }, offence: { id, what } }]
  })
}
