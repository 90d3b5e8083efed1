import { type Facts, receiptsOf, type Scope, succeeded } from './check/facts.ts'
import { indexAt, momentsOf, type Window } from './moments.ts'

/** Events of the chosen keys that were first delivered while the load lasted, per second. */
export function deliveredPerSecond(facts: Facts, scope: Scope, isChosen: (key: string) => boolean): number {
  const { fromNs, toNs } = momentsOf(facts, scope).load
  const inTime = [...receiptsOf(facts, scope)].filter(
    ([id, receipts]) =>
      isChosen(facts.publications.get(id)?.key ?? '') && receipts.some((one) => succeeded(one) && one.ns <= toNs),
  )
  return inTime.length / ((toNs - fromNs) / 1e9)
}

const wholeRun: Window = { fromNs: -Infinity, toNs: Infinity }

/** The most successful deliveries within any `ms` of the run, or of a window of it. */
export function mostDeliveredWithin(facts: Facts, scope: Scope, ms: number, window = wholeRun): number {
  const { delivered } = momentsOf(facts, scope)
  const end = indexAt(delivered, window.toNs)
  let most = 0
  let from = indexAt(delivered, window.fromNs)
  for (let index = from; index < end; index += 1) {
    while ((delivered[index] ?? 0) - (delivered[from] ?? 0) > ms * 1e6) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
