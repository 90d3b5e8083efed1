import type { ICustomPartitioner, PartitionMetadata } from 'kafkajs'
import type { LaneMessage } from './record-mapping.ts'

/** Is asked about each message of a send, in each try that kafkajs makes of it. */
export type Passage = { pass(partition: number, metadata: readonly PartitionMetadata[]): void }

/** One send of a single partition: kafkajs may try it again by itself, under the same sequence numbers. */
export class SinglePassage implements Passage {
  readonly #messages: number
  #asked = 0

  /** `messages`: how many it carries. */
  constructor(messages: number) {
    this.#messages = messages
  }

  /** What became of its earlier tries is not known: kafkajs tells of the last one. */
  get isRepeated(): boolean {
    return this.#asked > this.#messages
  }

  pass(): void {
    this.#asked += 1
  }
}

/**
 * One send that carries batches of several partitions of one leader, as kafkajs groups it. The partitioner is asked once
 * per message, in the very turn in which kafkajs groups the messages by leader of its own metadata, before anything goes
 * out; the round passes only
 * - if all its partitions have one leader. Of two broker requests kafkajs would roll back the sequence numbers of the one
 *   that failed, and the re-send would write the other half twice.
 * - once. kafkajs tries again by itself, and what the first try wrote would not be known.
 *
 * States: passing → passed, or split: nothing was sent. Both ends throw whenever they are asked again.
 */
export class Round implements Passage {
  readonly #messages: number
  #asked = 0
  #leader: number | undefined
  #partition: number | undefined
  #isSplit = false

  /** `messages`: how many it carries, of all partitions together. */
  constructor(messages: number) {
    this.#messages = messages
  }

  /** Its partitions have no common leader any more; Kafka has heard nothing of it. */
  get isSplit(): boolean {
    return this.#isSplit
  }

  /** Lets the next message pass. Throws what kafkajs does not try again. */
  pass(partition: number, metadata: readonly PartitionMetadata[]): void {
    if (this.#isSplit || this.#asked === this.#messages) throw refusal('a round goes out once')
    this.#asked += 1
    // Messages of one partition come one after the other.
    if (partition === this.#partition) return
    this.#partition = partition
    const leader = leaderOf(partition, metadata)
    this.#leader ??= leader
    this.#isSplit = leader === undefined || leader !== this.#leader
    if (this.#isSplit) throw refusal('the partitions of a round have two leaders')
  }
}

/** The leader of a partition as kafkajs sees it; undefined when it knows none. */
export function leaderOf(partition: number, metadata: readonly PartitionMetadata[]): number | undefined {
  const leader = metadata.find(({ partitionId }) => partitionId === partition)?.leader
  return leader === undefined || leader < 0 ? undefined : leader
}

/** The partitioner of lanes: every message names its partition. `see` hears the metadata of each send before it goes out. */
export function lanePartitioner(see: (metadata: PartitionMetadata[]) => void): ICustomPartitioner {
  return () => (choice) => {
    const { partition, passage } = choice.message as LaneMessage
    see(choice.partitionMetadata)
    passage?.pass(partition, choice.partitionMetadata)
    return partition
  }
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { retriable: false })
}
