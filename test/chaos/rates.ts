import { type Facts, receiptsOf, type Scope, succeeded } from './check/facts.ts'
import { loadWindow } from './gaps.ts'

/** Events of the chosen keys that were first delivered while the load lasted, per second. */
export function deliveredPerSecond(facts: Facts, scope: Scope, isChosen: (key: string) => boolean): number {
  const { fromNs, toNs } = loadWindow(facts, scope)
  const inTime = [...receiptsOf(facts, scope)].filter(
    ([id, receipts]) =>
      isChosen(facts.publications.get(id)?.key ?? '') && receipts.some((one) => succeeded(one) && one.ns <= toNs),
  )
  return inTime.length / ((toNs - fromNs) / 1e9)
}

/** The most successful deliveries within any `ms` of the run. */
export function mostDeliveredWithin(facts: Facts, scope: Scope, ms: number): number {
  const moments = [...receiptsOf(facts, scope).values()]
    .flat()
    .filter(succeeded)
    .map(({ ns }) => ns)
  moments.sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, ns] of moments.entries()) {
    while (ns - (moments[from] ?? ns) > ms * 1e6) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
