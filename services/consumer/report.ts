import type { Subscription } from '#shared/catalog/model.ts'
import { phaseOfReason } from '#shared/catalog/phases.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { type Hold, reasonOf } from './pair/hold.ts'
import type { Pair } from './pair/states.ts'
import { viewOf } from './pair/view.ts'
import { standingOf } from './standing.ts'
import type { Targets } from './targets.ts'

export type ReportFacts = {
  subscription: Pick<Subscription, 'uid' | 'name'>
  hold: Hold
  pairs: readonly Pair[]
  ends: ReadonlyMap<number, number>
  targets: Pick<Targets, 'nextProbeAtMs' | 'reports'>
  /** Wall clock: since when the phase is what it is. */
  since: string
  /** What is wrong with the two topics, if anything. */
  topicsReason: string | null
  /** A group member with its partitions, if any. */
  isJoined: boolean
  delivered: number
}

/** One subscription as this instance sees it, for the heartbeat. */
export function reportOf(facts: ReportFacts): SubscriptionReport {
  const { subscription, hold, pairs, ends, targets } = facts
  const views = pairs.map((pair) => {
    const { partition, table } = pair
    return { partition, end: ends.get(partition) ?? table.window.next, ...viewOf(pair) }
  })
  const nextProbeAtMs = hold.down === 'resting' && hold.paused === null ? targets.nextProbeAtMs() : null
  return {
    uid: subscription.uid,
    name: subscription.name,
    ...standingPhase(facts),
    since: facts.since,
    nextProbeAt: nextProbeAtMs === null ? null : new Date(nextProbeAtMs).toISOString(),
    pairs: views.map(({ retrying: _, ...view }) => view),
    retrying: views.reduce((sum, { retrying }) => sum + retrying, 0),
    targets: targets.reports(),
    delivered: facts.delivered,
    standing: standingOf(pairs, ends),
  }
}

function standingPhase({
  hold,
  isJoined,
  pairs,
  topicsReason,
}: ReportFacts): Pick<SubscriptionReport, 'phase' | 'reason'> {
  const reason = (hold.paused === 'offsets-lost' ? null : topicsReason) ?? reasonOf(hold)
  if (reason !== null) return { phase: phaseOfReason(reason), reason }
  const isStarting = !isJoined || pairs.some(({ phase }) => phase === 'loading' || phase === 'reading')
  return { phase: isStarting ? 'starting' : 'active', reason: null }
}
