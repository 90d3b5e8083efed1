import type { Facts } from '../check/facts.ts'
import type { Span } from '../check/spans.ts'
import type { Figure } from './fault.ts'

/** How long acknowledgements took, and how many came, while faults of this name lasted and in all the time before. */
export function slowness(facts: Facts, name: string): Figure {
  const first = facts.faults.find(({ fault }) => fault === name)
  const { ns = 0, wholeNs = Infinity } = first ?? {}
  const [before, during] = [
    { fromNs: 0, toNs: ns },
    { fromNs: ns, toNs: wholeNs },
  ].map((span) => ofSpan(facts, span))
  return { text: `${name}: acknowledged ${during}; before ${before}`, complaints: [] }
}

function ofSpan({ requests }: Facts, { fromNs, toNs }: Span): string {
  const some = requests.filter(({ sentNs, outcome }) => outcome === 'acknowledged' && sentNs >= fromNs && sentNs < toNs)
  const tookMs = Float64Array.from(some, ({ sentNs, ns }) => (ns - sentNs) / 1e6).sort()
  const at = (share: number) => (tookMs[Math.ceil(tookMs.length * share) - 1] ?? 0).toFixed(0)
  const [fromSent = 0, toSent = 0] = [some[0]?.sentNs, some.at(-1)?.sentNs]
  const perSecond = some.length / Math.max(1e-9, (toSent - fromSent) / 1e9)
  return `${perSecond.toFixed(0)}/s with p50 ${at(0.5)}, p99 ${at(0.99)} ms`
}
