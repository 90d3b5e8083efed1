import type { Facts, FaultSpan } from '../check/facts.ts'
import type { PublishLine } from '../history.ts'
import type { FailedRequests } from './figures.ts'

/** Requests that were not acknowledged, by how they ended. */
export function failuresOf({ requests, faults }: Facts): FailedRequests[] {
  const failed = requests.filter((one) => one.outcome !== 'acknowledged')
  const kinds = Map.groupBy(failed, ({ outcome, status, code }) => `${outcome} ${status} ${code}`)
  return [...kinds.values()].flatMap((some) => summaryOf(some, faults))
}

function summaryOf(some: readonly PublishLine[], faults: readonly FaultSpan[]): FailedRequests[] {
  const first = some.reduce<PublishLine | undefined>((a, b) => (a !== undefined && a.ns <= b.ns ? a : b), undefined)
  if (first === undefined) return []
  const before = faults.findLast(({ ns }) => ns < first.ns)
  const mostNs = some.reduce((most, { ns, sentNs }) => Math.max(most, ns - sentNs), 0)
  return [
    {
      ...{ count: some.length, outcome: first.outcome, status: first.status, code: first.code ?? '' },
      sinceFault: before?.fault ?? '',
      afterMs: before === undefined ? 0 : (first.ns - before.ns) / 1e6,
      mostMs: mostNs / 1e6,
    },
  ]
}
