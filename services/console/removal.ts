import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Log } from '#shared/observability/log.ts'

/** Longer than a session timeout and a stop of a consumer that drains. */
const triesMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000]

/** What a subscription has on the cluster beside its records in the catalog. */
export type Remains = { group: string; retryTopic: string }

/**
 * Removes the group and the retry topic of deleted subscriptions. Kafka refuses to remove a group that has members, so it is
 * tried until they have left, and only then does the topic that they write to go. What stays behind (this process ended
 * first) is harmless, because its uid never comes again, and is found by the next sweep.
 */
export type Removal = {
  /** What is being removed already is left to that. */
  removeLater(remains: Remains): void
  close(): void
}

export function createRemoval(admin: Pick<KafkaAdmin, 'deleteGroup' | 'deleteTopic'>, log: Log): Removal {
  const timers = new Map<string, NodeJS.Timeout>()
  let isClosed = false
  const remove = async ({ group, retryTopic }: Remains) => {
    await admin.deleteGroup(group)
    await admin.deleteTopic(retryTopic)
  }
  const plan = (remains: Remains, round: number) => {
    const delayMs = triesMs[round]
    if (isClosed) return
    if (delayMs === undefined) {
      timers.delete(remains.group)
      return log.warn(remains, 'a deleted subscription could not be removed wholly; a sweep tries again')
    }
    const timer = setTimeout(() => {
      remove(remains).then(
        () => {
          timers.delete(remains.group)
          log.info(remains, 'removed group and retry topic of a deleted subscription')
        },
        () => plan(remains, round + 1),
      )
    }, delayMs)
    timer.unref()
    timers.set(remains.group, timer)
  }
  return {
    removeLater: (remains) => {
      if (!timers.has(remains.group)) plan(remains, 0)
    },
    close() {
      isClosed = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
