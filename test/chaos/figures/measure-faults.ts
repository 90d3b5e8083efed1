import { boundPerFault } from '../allowances.ts'
import { repeatsByFault } from '../check/duplicates.ts'
import type { Facts, Scope } from '../check/facts.ts'
import { rowOf, targetsOf } from '../faults.ts'
import { findGaps, type GapSpans, lengthMs, windowsOfFaults } from '../gaps.ts'
import { momentsOf, type Window } from '../moments.ts'
import type { FaultFigures, Gap, LongestGaps, Repeated } from './figures.ts'

/** Monotonic ns as ms since the first event was due. */
export type Clock = (ns: number) => number

/** A subscription, what to call it, and the clock of its run. */
export type Naming = { scope: Scope; name: string; clock: Clock }

export function clockOf(facts: Facts, scope: Scope | undefined): Clock {
  const startNs = scope === undefined ? Infinity : momentsOf(facts, scope).load.fromNs
  return (ns) => (Number.isFinite(startNs) ? (ns - startNs) / 1e6 : 0)
}

/** What each fault of a run cost, of all its subscriptions. */
export function faultsOf(facts: Facts, named: readonly Naming[]): FaultFigures[] {
  const perSubscription = named.map((naming) => costsOf(facts, naming))
  const clock = named[0]?.clock ?? (() => 0)
  return facts.faults.map(({ fault, victim, ns, wholeNs }, index) => {
    const costs = perSubscription.flatMap((all) => all[index] ?? [])
    return {
      ...{ fault, row: rowOf(fault), victim, targets: targetsOf(fault) },
      ...{ atMs: clock(ns), wholeMs: wholeNs === undefined ? null : clock(wholeNs) },
      ...worstOf(costs.map(({ gaps }) => gaps)),
      repeated: costs.map(({ repeated }) => repeated),
    }
  })
}

export function gapsOf({ ack, delivery, partition }: GapSpans, { name, clock }: Omit<Naming, 'scope'>): LongestGaps {
  const gap = (span: Window, of: string): Gap => ({ ms: lengthMs(span), fromMs: clock(span.fromNs), of })
  return { ack: gap(ack, ''), delivery: gap(delivery, name), partition: gap(partition, name) }
}

type Cost = { gaps: LongestGaps; repeated: Repeated }

function costsOf(facts: Facts, naming: Naming): Cost[] {
  const { scope, name } = naming
  const { causes } = repeatsByFault(facts, scope, boundPerFault(facts, scope))
  return windowsOfFaults(facts, scope).map((window, index) => ({
    gaps: gapsOf(findGaps(facts, scope, window), naming),
    repeated: { name, count: causes[index]?.repeats.length ?? 0, most: causes[index]?.most ?? 0 },
  }))
}

function worstOf(all: readonly LongestGaps[]): LongestGaps {
  const worst = (gaps: readonly Gap[]) => gaps.reduce((a, b) => (b.ms > a.ms ? b : a), noGap)
  return {
    ack: worst(all.map(({ ack }) => ack)),
    delivery: worst(all.map(({ delivery }) => delivery)),
    partition: worst(all.map(({ partition }) => partition)),
  }
}

const noGap: Gap = { ms: 0, fromMs: 0, of: '' }
