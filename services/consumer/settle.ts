import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import { byReference } from './dead-letter.ts'

/** The only file that writes dead letters. */
export type DeadLetterTopic = { readonly lanes: ProduceLanes; readonly topic: string; readonly partitions: number }

type Append = {
  /** Asked before each further try: a lost partition is somebody else's to settle. */
  isWanted(): boolean
  /** False while it is doubtful whose it is to settle: another owner may have delivered it. It waits meanwhile; absent: never. */
  mayWrite?(): boolean
  onDelay(error: unknown): void
}

const repeatEveryMs = 500
const lookMs = 10

/** Appends a dead letter, however long Kafka takes; gives its offset, or null when it was no longer wanted before Kafka had it. */
export async function appendDeadLetter(
  { lanes, topic, partitions }: DeadLetterTopic,
  deadLetter: EventRecord,
  { isWanted, mayWrite = () => true, onDelay }: Append,
): Promise<number | null> {
  const partition = lanes.partitionForKey(deadLetter.key ?? Buffer.alloc(0), partitions)
  for (let record = deadLetter; isWanted(); ) {
    if (!mayWrite()) {
      await sleep(lookMs)
      continue
    }
    try {
      return await lanes.append(topic, partition, record)
    } catch (error) {
      onDelay(error)
      const isWhole = record === deadLetter
      if (isTooLarge(error)) record = byReference(deadLetter)
      if (!(isTooLarge(error) && isWhole)) await sleep(repeatEveryMs)
    }
  }
  return null
}

const isTooLarge = (error: unknown): boolean => error instanceof TailraceError && error.code === 'event-too-large'
