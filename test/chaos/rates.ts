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
