import { takeover } from '#shared/catalog/ops/events.ts'
import type { OpsEvents } from '#shared/catalog/ops/ops-events.ts'
import { evictMembers } from '#shared/kafka/evict.ts'
import { beatEveryMs, readBeats, removeBeats } from '#shared/redis/beats.ts'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { findForgotten, findSuspect, forget, noteBeats, type Sightings } from '#shared/redis/suspects.ts'
import type { PeerTelemetry } from './telemetry.ts'

const toldMs = 3_600_000
/** Between two looks: more, and this process stood still. */
const standstillMs = 4 * beatEveryMs

export type PeersOptions = {
  redis: RedisConnection
  brokers: readonly string[]
  /** Of the names of all groups. */
  prefix: string
  /** Of this process. */
  clientId: string
  telemetry: PeerTelemetry
  ops: Pick<OpsEvents, 'raiseOnce'>
}

/**
 * Watches the heartbeats of the other consumers. The groups of one that fell silent are left on its behalf, so that its
 * partitions move after 2 to 3 s instead of the session timeout: nobody else notices when a whole host is gone. A false
 * suspicion costs a rebalance, nothing more: the evicted one joins again.
 */
export function watchPeers({ redis, brokers, prefix, clientId, telemetry, ops }: PeersOptions): { close(): void } {
  let sightings: Sightings = new Map()
  let evictedAtMs = Number.NEGATIVE_INFINITY
  let lookedAtMs = performance.now()
  let steadySinceMs = Number.NEGATIVE_INFINITY
  const look = async () => {
    const nowMs = performance.now()
    if (nowMs - lookedAtMs > standstillMs) steadySinceMs = nowMs
    lookedAtMs = nowMs
    const beats = await readBeats(redis, prefix)
    if (beats === null) return
    sightings = noteBeats(sightings, beats, nowMs)
    void removeBeats(redis, prefix, findForgotten(sightings, nowMs))
    const suspect = findSuspect({
      ...{ sightings, self: clientId, evictedAtMs, nowMs, steadyForMs: nowMs - steadySinceMs },
      connectedForMs: redis.upForMs(),
    })
    if (suspect === undefined) return
    evictedAtMs = nowMs
    await evict(suspect, nowMs)
  }
  const evict = async (peer: string, startedAtMs: number) => {
    sightings = forget(sightings, peer)
    const members = await evictMembers(brokers, prefix, `${peer}-`)
    // Also when somebody else was faster: whoever sees the silence tells, and the mark makes one of all.
    ops.raiseOnce(takeover({ instance: peer, members }), `takeover:${peer}`, toldMs)
    telemetry.peerEvicted({ peer, members, ms: Math.round(performance.now() - startedAtMs) })
  }
  const timer = setInterval(() => void look(), beatEveryMs)
  return { close: () => clearInterval(timer) }
}
