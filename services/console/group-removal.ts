import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Log } from '#shared/observability/log.ts'

/** Longer than a session timeout and a stop of a consumer that drains. */
const triesMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000]

/**
 * Removes consumer groups of deleted subscriptions. Kafka refuses while members are in the group, so it is tried until they
 * have left. A group that stays behind (this process ended first) is harmless: its uid never comes again, and Kafka forgets
 * it after 30 days.
 */
export type GroupRemoval = {
  removeLater(groupId: string): void
  close(): void
}

export function createGroupRemoval(admin: KafkaAdmin, log: Log): GroupRemoval {
  const timers = new Set<NodeJS.Timeout>()
  const plan = (groupId: string, round: number) => {
    const delayMs = triesMs[round]
    if (delayMs === undefined) return log.warn({ groupId }, 'the group of a deleted subscription could not be removed')
    const timer = setTimeout(() => {
      timers.delete(timer)
      admin.deleteGroup(groupId).then(
        () => log.info({ groupId }, 'removed the group of a deleted subscription'),
        () => plan(groupId, round + 1),
      )
    }, delayMs)
    timer.unref()
    timers.add(timer)
  }
  return {
    removeLater: (groupId) => plan(groupId, 0),
    close() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
