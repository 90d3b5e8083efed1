import type { Targets } from '../faults/fault.ts'
import { nothing } from '../mix/plan.ts'
import type { FaultFigures, Figures, Gap, Repeated, Run } from './figures.ts'

/** Pauses of one kind over all injections of a fault, in ms; `missed` of them were longer than the target. */
export type GapSpread = { median: number; p95: number; most: number; target: number | null; missed: number }

/** All injections of one kind of fault. `nearest` is the one that came nearest to its bound of repeated deliveries. */
export type KindFigures = {
  fault: string
  row: string | null
  count: number
  /** Of a fault that came once. */
  victim: string
  ack: GapSpread
  delivery: GapSpread
  partition: GapSpread
  repeated: number
  nearest: Repeated | null
}

/**
 * One invariant over all runs: of how many cases it was judged (of none it says nothing), how many verdicts it is broken in,
 * by how much.
 */
export type InvariantFigures = { invariant: string; claim: string; judged: number; broken: number; offences: number }

/** What some runs came to together. `faults` are k, `acknowledged` are n of a claim; `missed` counts targets. */
export type Totals = {
  runs: number
  failed: number
  faults: number
  controls: number
  acknowledged: number
  deliveries: number
  deadLettered: number
  lost: number
  duplicated: number
  outOfOrder: number
  missed: number
  invariants: readonly InvariantFigures[]
  kinds: readonly KindFigures[]
}

export function totalsOf(runs: readonly Run[]): Totals {
  const figures = runs.flatMap((run) => run.figures)
  const subscriptions = figures.flatMap((one) => one.subscriptions)
  const faults = figures.flatMap((one) => one.faults)
  const kinds = kindsOf(faults)
  const controls = faults.filter(({ fault }) => fault === nothing).length
  return {
    ...{ runs: runs.length, failed: runs.filter(({ complaint }) => complaint !== '').length },
    ...{ faults: faults.length - controls, controls },
    acknowledged: sum(figures.map(({ acknowledged }) => acknowledged)),
    deliveries: sum(figures.map(({ deliveries }) => deliveries)),
    deadLettered: sum(subscriptions.map(({ deadLettered }) => deadLettered)),
    lost: sum(subscriptions.map(({ lost }) => lost)),
    duplicated: sum(subscriptions.map(({ duplicated }) => duplicated)),
    outOfOrder: sum(subscriptions.map(({ outOfOrder }) => outOfOrder)),
    missed: sum(kinds.map(({ ack, delivery, partition }) => ack.missed + delivery.missed + partition.missed)),
    invariants: invariantsOf(figures),
    kinds,
  }
}

/** The faults by name, controls last. */
export function kindsOf(faults: readonly FaultFigures[]): KindFigures[] {
  const last = (name: string) => (name === nothing ? 1 : 0)
  return [...Map.groupBy(faults, ({ fault }) => fault)]
    .sort(([a], [b]) => last(a) - last(b) || a.localeCompare(b))
    .flatMap(([fault, some]) => {
      const [first] = some
      return first === undefined ? [] : [kindOf(fault, some, first)]
    })
}

function kindOf(fault: string, some: readonly FaultFigures[], { row, victim, targets }: FaultFigures): KindFigures {
  const repeated = some.flatMap((one) => one.repeated)
  return {
    ...{ fault, row, count: some.length, victim: some.length === 1 ? victim : '' },
    ack: spreadOf(
      some.map((one) => one.ack),
      targets.ackMs,
    ),
    delivery: spreadOf(
      some.map((one) => one.delivery),
      targets.deliveryMs,
    ),
    partition: spreadOf(
      some.map((one) => one.partition),
      targets.partitionMs,
    ),
    repeated: sum(repeated.map(({ count }) => count)),
    nearest: repeated.toSorted((a, b) => shareOf(b) - shareOf(a) || b.count - a.count)[0] ?? null,
  }
}

const shareOf = ({ count, most }: Repeated): number => (most === 0 ? count : count / most)

function spreadOf(gaps: readonly Gap[], target: Targets[keyof Targets] | undefined): GapSpread {
  const sorted = gaps.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  const missed = target === undefined ? 0 : sorted.filter((ms) => ms > target).length
  return { median: at(0.5), p95: at(0.95), most: at(1), target: target ?? null, missed }
}

function invariantsOf(figures: readonly Figures[]): InvariantFigures[] {
  const verdicts = figures.flatMap((one) => one.verdicts)
  return [...Map.groupBy(verdicts, ({ invariant }) => invariant)]
    .map(([invariant, some]) => ({
      ...{ invariant, claim: some[0]?.claim ?? '', judged: sum(some.map(({ judged }) => judged)) },
      broken: some.filter(({ holds }) => !holds).length,
      offences: sum(some.map(({ offences }) => offences)),
    }))
    .toSorted((a, b) => numberOf(a.invariant) - numberOf(b.invariant) || a.invariant.localeCompare(b.invariant))
}

/** I4 before I19. */
const numberOf = (invariant: string): number => Number(/\d+/.exec(invariant)?.[0] ?? Infinity)

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
