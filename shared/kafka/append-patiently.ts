import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { ProduceLanes } from './lanes.ts'

type Place = { lanes: Pick<ProduceLanes, 'append' | 'partitionForKey'>; topic: string; partitions: number }

/**
 * Appends a record that nobody waits for to the partition of its key: again while Kafka takes none, for at most `patienceMs`.
 * Rejects with the last error then, or at once with one that does not pass.
 */
export async function appendPatiently(
  { lanes, topic, partitions }: Place,
  record: EventRecord,
  { patienceMs, repeatEveryMs }: { patienceMs: number; repeatEveryMs: number },
): Promise<void> {
  const partition = lanes.partitionForKey(record.key ?? Buffer.alloc(0), partitions)
  const untilMs = performance.now() + patienceMs
  for (;;) {
    try {
      await lanes.append(topic, partition, record)
      return
    } catch (error) {
      if (!mayPass(error) || performance.now() >= untilMs) throw error
      await sleep(repeatEveryMs)
    }
  }
}

const mayPass = (error: unknown) =>
  error instanceof TailraceError && (error.code === 'kafka-unavailable' || error.code === 'overloaded')
