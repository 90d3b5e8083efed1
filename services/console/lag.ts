import type { Subscription } from '#shared/catalog/model.ts'
import { positionOf } from '#shared/event/record.ts'
import type { Console } from './context.ts'
import { sum } from './stream-answer.ts'

/** `committed`: next offset to finish; where it starts while nothing was committed. */
export type PartitionLag = { partition: number; committed: number; end: number; storedAfterMs: number | null }

export type Lag = {
  events: number | null
  /** Age of the oldest undelivered event as far as the pictures of the cluster tell; 0 when nothing waits. */
  seconds: number | null
  oldest: { position: string; at: string | null; retentionUsed: number | null } | null
}

export const isSet = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined

/** Where each partition of a subscription stands, by the last picture; empty before the first one. */
export function partitionLags({ monitor }: Pick<Console, 'monitor'>, subscription: Subscription): PartitionLag[] {
  const picture = monitor.last()
  const committed = picture?.subscriptions.get(subscription.uid)?.committed
  const partitions = picture?.streams.get(subscription.stream)?.partitions ?? []
  return partitions.map(({ partition, low, end }) => {
    const start = Math.max(subscription.startOffsets[String(partition)] ?? low, low)
    const next = Math.max(committed?.get(partition) ?? start, low)
    const storedAfterMs = monitor.clock(subscription.stream, partition)?.storedAfterMs(next) ?? null
    return { partition, committed: next, end, storedAfterMs }
  })
}

/** How far a subscription is behind. */
export function lagOf(console: Pick<Console, 'monitor' | 'catalog'>, subscription: Subscription): Lag {
  const lags = partitionLags(console, subscription)
  if (lags.length === 0) return { events: null, seconds: null, oldest: null }
  const behind = lags.filter(({ committed, end }) => end > committed)
  const oldest = behind.sort((a, b) => (a.storedAfterMs ?? 0) - (b.storedAfterMs ?? 0))[0]
  if (oldest === undefined) return { events: 0, seconds: 0, oldest: null }
  const ageMs = oldest.storedAfterMs === null ? null : Math.max(0, Date.now() - oldest.storedAfterMs)
  const retentionMs = console.catalog.stream(subscription.stream)?.retentionMs
  return {
    events: sum(behind.map(({ committed, end }) => end - committed)),
    seconds: ageMs === null ? null : Math.round(ageMs / 100) / 10,
    oldest: {
      position: positionOf(subscription.stream, oldest.partition, oldest.committed),
      at: oldest.storedAfterMs === null ? null : new Date(oldest.storedAfterMs).toISOString(),
      retentionUsed: ageMs === null || retentionMs === undefined ? null : Math.round((ageMs / retentionMs) * 1e4) / 1e4,
    },
  }
}

/** Events that a subscription got over per second, those it filtered out included; null before two pictures were taken. */
export function subscriptionRate(
  { monitor }: Pick<Console, 'monitor'>,
  { uid }: Pick<Subscription, 'uid'>,
): number | null {
  const rate = monitor.progress(uid)?.perSecond() ?? null
  return rate === null ? null : Math.round(rate * 10) / 10
}

/** Less than this is neither growing nor shrinking, events per second. */
const steadyPerSecond = 0.5

/** Where the lag is going at the rates of the last seconds. `catchUpSeconds` null: it does not shrink, or is not known. */
export function trendOf(events: number | null, incoming: number | null, outgoing: number | null) {
  if (events === null || incoming === null || outgoing === null) return { lagTrend: null, catchUpSeconds: null }
  const change = incoming - outgoing
  if (events === 0 || Math.abs(change) < steadyPerSecond) return { lagTrend: 'steady', catchUpSeconds: null }
  if (change > 0) return { lagTrend: 'growing', catchUpSeconds: null }
  return { lagTrend: 'shrinking', catchUpSeconds: Math.round((events / -change) * 10) / 10 }
}
