import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { type GroupKeeper, keepGroup } from '#shared/kafka/group-keeper.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { Pulse } from '../pulse.ts'
import { isStillMember } from '../still-member.ts'

export type LeadershipOptions = {
  connection: KafkaConnection
  groupId: string
  /** One with a single partition; nothing of it is read. */
  topic: string
  sessionTimeoutMs: number
  metrics: Metrics
  pulse: Pick<Pulse, 'stalledAtMs'>
  onGained(): void
  /** Another instance may have it now, or may have had it. */
  onLost(): void
  onBroken(error: unknown): void
  /** Joins the group; for tests. */
  keep?: typeof keepGroup
}

/** Whether this instance is the one that runs the jobs: it owns the one partition of the topic in a group of its own. */
export type Leadership = {
  /** Joins the group while it is wanted, and leaves it otherwise. */
  want(isWanted: boolean): void
  isLeader(): boolean
  /** False also while it is doubtful whether it still is. */
  mayWork(nowMs: number): boolean
  stop(): Promise<void>
}

/**
 * States: out (not wanted) → joining → leading or standing by; leading → doubtful while a rebalance runs → leading again, or
 * lost. A consumer that dies is evicted from this group like from those of subscriptions, and takes as long to be replaced.
 * One that was evicted alive (it stood still) joins again as another member: whoever led meanwhile may have left since, so
 * to be leading again is then to have lost it and to have gained it anew.
 */
export function openLeadership(options: LeadershipOptions): Leadership {
  const { sessionTimeoutMs, pulse, onGained, onLost, keep = keepGroup } = options
  let keeper: GroupKeeper | undefined
  let leadingAs: string | null = null
  let isLeading = false
  let isDoubtful = false
  const turn = (leads: boolean) => {
    const did = isLeading
    isLeading = leads
    if (did && !leads) onLost()
    if (!did && leads) onGained()
  }
  const join = (): GroupKeeper =>
    keep({
      ...{ connection: options.connection, groupId: options.groupId, topics: [options.topic], sessionTimeoutMs },
      ...{ metrics: options.metrics, onBroken: options.onBroken },
      onAssigned({ partitions, memberId }) {
        if (memberId !== leadingAs) turn(false)
        leadingAs = memberId
        isDoubtful = false
        turn(partitions.includes(0))
      },
      onRevoking() {
        isDoubtful = true
      },
      onBatch: () => undefined,
    })
  const leave = async () => {
    const left = keeper
    keeper = undefined
    turn(false)
    await left?.stop()
  }
  return {
    want(isWanted) {
      if (isWanted && keeper === undefined) keeper = join()
      if (!isWanted && keeper !== undefined) void leave()
    },
    isLeader: () => isLeading,
    mayWork(nowMs) {
      const heartbeatAgeMs = keeper?.lastHeartbeatAgeMs() ?? Number.POSITIVE_INFINITY
      return isLeading && !isDoubtful && isStillMember({ heartbeatAgeMs, sessionTimeoutMs, pulse, nowMs })
    },
    stop: leave,
  }
}
