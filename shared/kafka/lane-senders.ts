import type { Clock } from './clock.ts'
import type { KafkaConnection } from './connection.ts'
import type { LaneSender } from './lane.ts'
import type { LaneMetrics } from './lane-metrics.ts'
import { ProducerSource } from './lane-producers.ts'
import { openProducer } from './open-producer.ts'
import { LeaderSender } from './send-by-leader.ts'
import { sendByPartition } from './send-by-partition.ts'

/**
 * Who sends what lanes hold, with which idempotent producers.
 * - `leader`: one request in flight per leader, with at most one batch of each of its partitions; a producer per topic
 * - `partition`: one request in flight per partition; a producer per partition
 * - `shared`: one request in flight per partition; one producer for all lanes of the set, also while they are idle
 */
export const laneKinds = ['leader', 'partition', 'shared'] as const
export type LaneKind = (typeof laneKinds)[number]

/** The senders of one set of lanes. */
export type Senders = {
  /** The sender of this partition, opened when there is none. */
  senderOf(topic: string, partition: number): LaneSender
  /** Closes senders that no lane has any more. */
  closeUnused(used: ReadonlySet<LaneSender>): void
  /** Closes all of them. */
  close(): Promise<void>
}

export type SenderSetting = { connection: KafkaConnection; clock: Clock; observe: LaneMetrics }

/** The senders that a kind of lanes takes. */
export function sendersOf(kind: LaneKind, setting: SenderSetting): Senders {
  const open = new Map<string, LaneSender>()
  return {
    senderOf: (topic, partition) => {
      const name = nameOf(kind, topic, partition)
      const sender = open.get(name) ?? openSender(kind, name, setting)
      open.set(name, sender)
      return sender
    },
    closeUnused: (used) => {
      if (kind === 'shared') return
      for (const [name, sender] of open) {
        if (used.has(sender)) continue
        open.delete(name)
        void sender.close()
      }
    },
    close: async () => {
      await Promise.all([...open.values()].map((sender) => sender.close()))
    },
  }
}

/** What a sender sends for, and the end of its client ids. */
function nameOf(kind: LaneKind, topic: string, partition: number): string {
  switch (kind) {
    case 'leader':
      return `lanes-${topic}`
    case 'partition':
      return `lane-${topic}-${partition}`
    case 'shared':
      return 'lanes'
    default:
      return kind satisfies never
  }
}

function openSender(kind: LaneKind, name: string, { connection, clock, observe }: SenderSetting): LaneSender {
  if (kind !== 'leader') {
    const open = (number: number) => openProducer(connection, { suffix: `-${name}-${number}`, onSend: observe.sent })
    return sendByPartition(new ProducerSource(open), clock)
  }
  const producers = new ProducerSource((number) =>
    openProducer(connection, { suffix: `-${name}-${number}`, onSend: observe.sent, see: sender.see }),
  )
  const sender = new LeaderSender({ producers, clock, onSplit: observe.split })
  return sender
}
