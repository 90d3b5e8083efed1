import { measureGaps } from '../gaps.ts'
import { momentsOf } from '../moments.ts'
import { type Cover, coverage } from './coverage.ts'
import { type Facts, receiptsOf, type Scope } from './facts.ts'
import { meet, outagesOf, realFaults, type Span, spanOf } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** So long may a partition stand still while something waits in it, once all is whole. */
const stillMs = 30_000

type Still = Span & { partition: number }

/**
 * I10: no partition stands still for 30 s while an event waits in it that is neither parked nor at the mercy of a receiver
 * that is down; the time in which a fault is in force does not count. And where a fault says for how long at most, the longest
 * time without a success of one partition stays below that. An attempt is progress, whatever its answer.
 */
export function checkProgress(facts: Facts, scope: Scope): Verdict {
  const stills = facts.log === null ? [] : stillsOf(facts, scope)
  const standing = stills.length === 0 ? [] : standingStill(facts, scope, stills)
  const gaps = gapsOf(facts, scope)
  return verdict({
    invariant: 'I10',
    claim: 'every partition goes on with what waits in it',
    offences: [...standing, ...gaps.flatMap(({ offences }) => offences)],
    judged: (facts.log === null ? 0 : momentsOf(facts, scope).ofPartitions.length) + gaps.length,
    counts: { stoodStill: standing.length, gapsMeasured: gaps.length },
  })
}

/** Times without an attempt that are longer than any may be, the one before the first and the one after the last among them. */
function stillsOf(facts: Facts, scope: Scope): Still[] {
  const arrivals = new Map<number, number[]>()
  let endNs = 0
  for (const [, receipts] of receiptsOf(facts, scope)) {
    for (const { partition, arrivedNs } of receipts) {
      const known = arrivals.get(partition)
      if (known === undefined) arrivals.set(partition, [arrivedNs])
      else known.push(arrivedNs)
    }
  }
  for (const { ns } of facts.requests) endNs = Math.max(endNs, ns)
  for (const { ns } of facts.commits.get(scope.subscription) ?? []) endNs = Math.max(endNs, ns)
  for (const lines of facts.log?.values() ?? []) {
    for (const { partition } of lines) if (!arrivals.has(partition)) arrivals.set(partition, [])
  }
  return [...arrivals].flatMap(([partition, moments]) => {
    const sorted = Float64Array.from(moments).sort()
    const stills: Still[] = []
    for (let index = 0; index <= sorted.length; index += 1) {
      const fromNs = sorted[index - 1] ?? Number.NEGATIVE_INFINITY
      const toNs = sorted[index] ?? endNs
      if (toNs - fromNs > stillMs * 1e6) stills.push({ partition, fromNs, toNs })
    }
    return stills
  })
}

function standingStill(facts: Facts, scope: Scope, stills: readonly Still[]): Offence[] {
  const covers = coverage(facts, scope)
  const appendedNs = new Map([...(facts.log ?? [])].map(([id, lines]) => [id, lines[0]?.ns ?? Infinity]))
  const excused = [...realFaults(facts).map(spanOf), ...outagesOf(facts, scope.subscription)]
  return stills.flatMap((still) => {
    const waiting = [...(covers.get(still.partition)?.values() ?? [])]
      .filter((cover) => waits(cover, still))
      .map(({ id }) => ({ id, fromNs: Math.max(still.fromNs, appendedNs.get(id) ?? Infinity) }))
      .reduce<{ id: string; fromNs: number } | undefined>((a, b) => (a && a.fromNs <= b.fromNs ? a : b), undefined)
    if (waiting === undefined) return []
    const fromNs = afterAll(excused, { fromNs: waiting.fromNs, toNs: still.toNs })
    const stoodMs = (still.toNs - fromNs) / 1e6
    const what = `waited while partition ${still.partition} stood still for ${Math.round(stoodMs)} ms`
    return stoodMs > stillMs ? [{ id: waiting.id, what }] : []
  })
}

/** Not over when the partition went on, and in no retry record meanwhile. */
const waits = ({ terminalNs, parks }: Cover, still: Span): boolean =>
  terminalNs >= still.toNs && !parks.some(({ fromNs, untilNs }) => meet({ fromNs, toNs: untilNs }, still))

/** When the last of the spans that meet this one ends. */
const afterAll = (spans: readonly Span[], span: Span): number =>
  spans.reduce((last, one) => (meet(one, span) ? Math.max(last, one.toNs) : last), span.fromNs)

function gapsOf(facts: Facts, scope: Scope): { offences: Offence[] }[] {
  const { toNs } = momentsOf(facts, scope).load
  return facts.faults.flatMap(({ fault, victim, ns, gapMs }, index) => {
    const endNs = facts.faults[index + 1]?.ns ?? toNs
    if (gapMs === undefined || endNs <= ns) return []
    const { partitionMs } = measureGaps(facts, scope, { fromNs: ns, toNs: endNs })
    const what = `no delivery of one partition for ${Math.round(partitionMs)} ms after it, ${gapMs} ms at most`
    return [{ offences: partitionMs > gapMs ? [{ id: `${fault} (${victim})`, what }] : [] }]
  })
}
