import type { Subscription } from '#shared/catalog/model.ts'
import type { PairReport, SubscriptionReport } from '#shared/redis/instances.ts'
import { type Hold, isHolding, reasonOf } from './pair/hold.ts'
import type { Pair } from './pair/states.ts'
import type { Target } from './target.ts'

export type ReportFacts = {
  subscription: Pick<Subscription, 'uid' | 'name'>
  hold: Hold
  pairs: readonly Pair[]
  ends: ReadonlyMap<number, number>
  target: Target
  /** Wall clock: since when the phase is what it is. */
  since: string
  /** A group member with its partitions, if any. */
  isJoined: boolean
  delivered: number
  deadLettered: number
}

/** One subscription as this instance sees it, for the heartbeat. */
export function reportOf(facts: ReportFacts): SubscriptionReport {
  const { subscription, hold, pairs, ends, target } = facts
  const nextProbeAtMs = hold.down === 'resting' ? target.nextProbeAtMs() : null
  return {
    uid: subscription.uid,
    name: subscription.name,
    ...phaseOf(facts),
    since: facts.since,
    nextProbeAt: nextProbeAtMs === null ? null : new Date(nextProbeAtMs).toISOString(),
    pairs: pairs.map((pair) => pairReport(pair, ends.get(pair.partition) ?? pair.window.next)),
    retrying: pairs.reduce((sum, pair) => sum + pair.queues.waiting.length, 0),
    targets: [{ url: target.url, breaker: target.breaker(), lastError: target.lastError() }],
    delivered: facts.delivered,
    deadLettered: facts.deadLettered,
  }
}

function phaseOf({ hold, isJoined, pairs }: ReportFacts): Pick<SubscriptionReport, 'phase' | 'reason'> {
  const reason = reasonOf(hold)
  if (hold.paused === 'offsets-lost') return { phase: 'failed', reason }
  if (hold.paused !== null) return { phase: 'paused', reason }
  if (isHolding(hold)) return { phase: 'held', reason }
  const isStarting = !isJoined || pairs.some((pair) => pair.phase === 'loading')
  return { phase: isStarting ? 'starting' : 'active', reason: null }
}

function pairReport(pair: Pair, end: number): PairReport {
  const { partition, committed, attempting, deliveries, queues } = pair
  const queued = deliveries.size - attempting
  return { partition, committed, end, inFlight: attempting, queued, blockedKeys: queues.waiting.length }
}
