import type { Metrics } from '#shared/observability/metrics.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'

/**
 * How far the subscriptions have come on this instance; those of all instances added up are the subscription's. One label,
 * its name: there are at most TAILRACE_LIMIT_SUBSCRIPTIONS of them, and what is gone disappears.
 */
export function createStandingMetrics(metrics: Metrics, reports: () => readonly SubscriptionReport[]): void {
  const names = ['subscription'] as const
  const gauge = (name: string, help: string) => metrics.gauge(`subscription_${name}`, help, names)
  // The first gauge to be collected sets all of them, from the same reports.
  const lag = metrics.gauge(
    'subscription_lag_events',
    'Events not delivered yet, those that wait for a later attempt included.',
    names,
    () => collect(),
  )
  const seconds = gauge('lag_seconds', 'Age of the oldest event behind the committed position; 0 when nothing waits.')
  const oldest = gauge('oldest_undelivered_seconds', 'Age of the oldest undelivered event, waiting ones included.')
  const held = gauge('held', '1 while it is held: its targets fail, ask for time, or an operator said so.')
  const blocked = gauge('blocked_keys', 'Keys whose first event waits for another attempt.')
  const retrying = gauge('retrying', 'Events that wait for another attempt of their own.')
  const suppressed = metrics.counter(
    'duplicates_suppressed_total',
    'Events that were read again and known to be finished or waiting, so that they were not delivered again.',
    names,
  )
  const counted = new Map<string, { total: number; subscription: string }>()
  const gauges = [lag, seconds, oldest, held, blocked, retrying]
  const collect = () => {
    const nowMs = Date.now()
    for (const one of gauges) one.reset()
    const now = reports()
    for (const [uid, { subscription }] of counted) {
      if (now.some((report) => report.uid === uid)) continue
      counted.delete(uid)
      suppressed.remove({ subscription })
    }
    for (const { uid, name: subscription, phase, pairs, retrying: waiting, standing } of now) {
      const label = { subscription }
      const ageOf = (ms: number | null) => (ms === null ? 0 : Math.max(0, nowMs - ms) / 1000)
      lag.set(label, standing.lagEvents)
      seconds.set(label, ageOf(standing.oldestInStreamMs))
      oldest.set(label, ageOf(standing.oldestMs))
      held.set(label, phase === 'held' ? 1 : 0)
      blocked.set(
        label,
        pairs.reduce((sum, pair) => sum + pair.blockedKeys, 0),
      )
      retrying.set(label, waiting)
      // Partitions that are given away take their part of the count along.
      suppressed.inc(label, Math.max(0, standing.suppressed - (counted.get(uid)?.total ?? 0)))
      counted.set(uid, { total: standing.suppressed, subscription })
    }
  }
}
