import type { Serving } from '../history.ts'
import type { Facts, FaultSpan } from './facts.ts'

/** Monotonic ns; `toNs` may be Infinity. */
export type Span = { fromNs: number; toNs: number }

/** What a mixed run calls a step in which nothing is done. */
const control = 'none'

/**
 * What excuses something: no control of a mixed run, no outage of a receiver, which says so itself, and no jump of the clock,
 * which must change nothing.
 */
export const realFaults = ({ faults }: Pick<Facts, 'faults'>): readonly FaultSpan[] =>
  faults.filter(({ fault }) => fault !== control && !/^(receiver|clock)/.test(fault))

/** From the fault until all was whole again; for ever where nobody waited for that. */
export const spanOf = ({ ns, wholeNs = Infinity }: FaultSpan): Span => ({ fromNs: ns, toNs: wholeNs })

export const meet = (a: Span, b: Span): boolean => a.fromNs <= b.toNs && b.fromNs <= a.toNs

/** Whether a fault was in force at any time of a span, or had ended less than `restMs` before. */
export function isDisturbed(faults: readonly FaultSpan[], { fromNs, toNs }: Span, restMs = 0): boolean {
  return faults.some((fault) => meet(spanOf(fault), { fromNs: fromNs - restMs * 1e6, toNs }))
}

/** How a receiver answered, one span after the other; nothing where it never said so. */
export function servingOf({ modes }: Facts, subscription: string): (Span & { serves: Serving })[] {
  const lines = modes.get(subscription) ?? []
  return lines.map(({ ns, serves }, index) => ({ serves, fromNs: ns, toNs: lines[index + 1]?.ns ?? Infinity }))
}

/** When a receiver answered nothing well, and then something again. */
export function outagesOf(facts: Facts, subscription: string): Span[] {
  const outages: Span[] = []
  for (const { serves, fromNs, toNs } of servingOf(facts, subscription)) {
    const last = outages.at(-1)
    if (serves !== 'none') continue
    if (last?.toNs === fromNs) last.toNs = toNs
    else outages.push({ fromNs, toNs })
  }
  return outages
}
