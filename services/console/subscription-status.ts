import { heldByOperator, type Subscription } from '#shared/catalog/model.ts'
import { phaseOfReason } from '#shared/catalog/phases.ts'
import { targetNames } from '#shared/catalog/target-names.ts'
import type { InstanceReport, SubscriptionReport } from '#shared/redis/instances.ts'
import type { Console } from './context.ts'
import { isSet, lagOf, subscriptionRate, trendOf } from './lag.ts'
import { streamRate, sum } from './stream-answer.ts'

type Phase = { phase: string; reason: string | null; since: string | null; nextProbeAt: string | null }

export type TargetStatus = {
  url: string
  breaker: string | null
  openOn: number
  instances: number
  lastError: string | null
  healthy: boolean | null
}

/** What consumers, Kafka and the dead letters say about one subscription. `instances` null: Redis cannot be asked. */
export function subscriptionStatus(
  console: Console,
  subscription: Subscription,
  instances: readonly InstanceReport[] | null,
) {
  const reports = reportsOn(subscription, instances)
  const lag = lagOf(console, subscription)
  const stream = console.catalog.stream(subscription.stream)
  const incoming = stream === undefined ? null : streamRate(console, stream)
  const total = (read: (report: SubscriptionReport) => number) => (instances === null ? null : sum(reports.map(read)))
  return {
    ...phaseOf(console, subscription, reports),
    lagEvents: lag.events,
    lagSeconds: lag.seconds,
    ...trendOf(lag.events, incoming, subscriptionRate(console, subscription)),
    oldestUndelivered: lag.oldest,
    retrying: total((report) => report.retrying),
    blockedKeys: total((report) => sum(report.pairs.map((pair) => pair.blockedKeys))),
    deadLetters: console.deadLetters.countOf(subscription.uid),
    targets: targetsOf(console, subscription, reports).map((target) => ({
      ...target,
      byInstance: byInstance(target.url, subscription, instances),
    })),
  }
}

/** What the living instances say about this subscription. */
export function reportsOn({ uid }: Subscription, instances: readonly InstanceReport[] | null): SubscriptionReport[] {
  return (instances ?? []).flatMap(({ subscriptions = [] }) => subscriptions.filter((report) => report.uid === uid))
}

/** What each instance that delivers for the subscription thinks of one of its targets. */
export function byInstance(url: string, subscription: Subscription, instances: readonly InstanceReport[] | null) {
  return (instances ?? []).flatMap((instance) =>
    reportsOn(subscription, [instance])
      .flatMap(({ targets }) => targets.filter((target) => target.url === url))
      .map(({ breaker, lastError }) => ({ instance: instance.id, breaker, lastError })),
  )
}

/** One phase for all instances: what an operator decided, then what the consumers recorded, then the worst they report. */
export function phaseOf(
  { catalog, monitor }: Pick<Console, 'catalog' | 'monitor'>,
  subscription: Subscription,
  reports: readonly SubscriptionReport[],
): Phase {
  const still = { nextProbeAt: null }
  if (subscription.paused) return { phase: 'paused', reason: 'operator', since: subscription.updatedAt, ...still }
  const state = catalog.state(subscription.uid)
  if (state !== undefined && state.reason !== null && state.since > (subscription.resumedAt ?? '')) {
    return { phase: phaseOfReason(state.reason), reason: state.reason, since: state.since, ...still }
  }
  if (subscription.heldAt !== null)
    return { phase: 'held', reason: heldByOperator, since: subscription.heldAt, ...still }
  const worst = worstOf(reports)
  if (worst !== undefined) return { ...worst, nextProbeAt: earliest(reports.map((report) => report.nextProbeAt)) }
  const owned = monitor.last()?.subscriptions.get(subscription.uid)?.owners.size ?? 0
  if (owned > 0) return { phase: 'active', reason: null, since: null, ...still }
  return { phase: 'starting', reason: 'no-instance-has-it-yet', since: subscription.updatedAt, ...still }
}

const severity = ['failed', 'held', 'starting', 'paused', 'active'] as const

function worstOf(reports: readonly SubscriptionReport[]): Omit<Phase, 'nextProbeAt'> | undefined {
  const phase = severity.find((one) => reports.some((report) => report.phase === one))
  const alike = reports.filter((report) => report.phase === phase)
  const first = alike[0]
  if (first === undefined) return undefined
  return { phase: first.phase, reason: first.reason, since: earliest(alike.map((report) => report.since)) }
}

const earliest = (times: readonly (string | null)[]): string | null => times.filter(isSet).sort()[0] ?? null

/** Each target of the subscription, in its order. */
export function targetsOf(
  { catalog }: Pick<Console, 'catalog'>,
  { uid, resumedAt, destination }: Subscription,
  reports: readonly SubscriptionReport[],
): TargetStatus[] {
  const gone = (catalog.state(uid)?.gone ?? []).filter(({ at }) => at > (resumedAt ?? ''))
  return targetNames({ destination }).map((url) =>
    targetStatus(
      url,
      reports,
      gone.some((one) => one.url === url),
    ),
  )
}

/** A target that answered 410 is out on every instance, whatever its breaker says. */
function targetStatus(url: string, reports: readonly SubscriptionReport[], isGone: boolean): TargetStatus {
  const seen = reports.flatMap(({ targets }) => targets.filter((target) => target.url === url))
  const breakers = seen.map((target) => target.breaker)
  const isWell = seen.every((target) => target.healthy ?? target.breaker === 'closed')
  return {
    url,
    breaker: (['open', 'half-open', 'closed'] as const).find((one) => breakers.includes(one)) ?? null,
    openOn: breakers.filter((one) => one === 'open').length,
    instances: seen.length,
    lastError: isGone ? goneError : (seen.map((target) => target.lastError).find(isSet) ?? null),
    healthy: isGone ? false : seen.length === 0 ? null : isWell,
  }
}

export const goneError = 'target answered 410'
