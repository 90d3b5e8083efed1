import type { PartitionMetadata } from 'kafkajs'
import type { Clock } from './clock.ts'
import type { Lane, LaneBatch, LaneSender } from './lane.ts'
import type { LaneProducers, ProducerLease } from './lane-producers.ts'
import { batchBytesLimit, batchRecordsLimit } from './lane-queue.ts'
import { leaderOf } from './round.ts'
import { settle } from './settle.ts'

export type LeaderSenderOptions = {
  producers: LaneProducers
  clock: Clock
  /** Hears of each round that was put back unsent. */
  onSplit: () => void
}

/**
 * A full batch of 1 KB records keeps kafkajs, and so the event loop, busy for 5 to 10 ms. From two full batches on a round
 * takes no further one; the next round does.
 */
const roundRecordsLimit = 2 * batchRecordsLimit
const roundBytesLimit = 2 * batchBytesLimit

/**
 * Sends the lanes of one topic in rounds: one request in flight per leader, with at most one batch of each of its
 * partitions. Requests are what costs (6 partitions on 3 brokers under keyed load: 2.4 times fewer of them).
 *
 * A lane that woke up is
 * - waiting: for the next round of its leader, which starts when the last one is answered
 * - in a round: acknowledged with it; put back when the round would have gone to two leaders, for nothing was sent then
 * - alone: its round failed in any other way, so perhaps it is written; it settles by itself, on the producer of the round,
 *   before it waits again. Or nobody knows its leader: kafkajs finds it.
 *
 * Leaders are those in the metadata by which kafkajs grouped the last send, so both agree unless it read them anew since;
 * it does so after errors and every 5 s.
 */
export class LeaderSender implements LaneSender {
  readonly #options: LeaderSenderOptions
  readonly #waiting = new Set<Lane>()
  readonly #busy = new Set<number>()
  #metadata: PartitionMetadata[] = []

  constructor(options: LeaderSenderOptions) {
    this.#options = options
  }

  wake(lane: Lane): void {
    const leader = leaderOf(lane.partition, this.#metadata)
    if (leader === undefined) {
      this.#waiting.delete(lane)
      void this.#sendAlone(lane)
      return
    }
    this.#waiting.add(lane)
    if (this.#busy.has(leader)) return
    this.#busy.add(leader)
    void this.#runRounds(leader)
  }

  close(): Promise<void> {
    return this.#options.producers.close()
  }

  /** Hears by which metadata kafkajs groups a send of this topic. */
  readonly see = (metadata: PartitionMetadata[]): void => {
    if (metadata === this.#metadata) return
    this.#metadata = metadata
    for (const lane of [...this.#waiting]) this.wake(lane)
  }

  async #sendAlone(lane: Lane): Promise<void> {
    await this.#options.clock.turn()
    if (lane.take() !== undefined) await this.#settle(lane)
  }

  async #settle(lane: Lane, held?: ProducerLease): Promise<void> {
    await settle(lane, this.#options, held)
    this.wake(lane)
  }

  async #runRounds(leader: number): Promise<void> {
    // Records of requests that came in this turn of the event loop join the round.
    do await this.#options.clock.turn()
    while (await this.#round(leader))
  }

  /** False when nothing waits for this leader any more; the next lane that wakes up starts it again. */
  async #round(leader: number): Promise<boolean> {
    // Without a producer each lane tries by itself to get one.
    const lease = await this.#options.producers.lease().catch(() => undefined)
    if (lease?.isRetired) {
      // A lane gave up a batch on it in this very moment: the next batch of that lane may not go out with it.
      lease.giveBack()
      return true
    }
    const lanes = this.#take(leader)
    if (lanes.length === 0) this.#busy.delete(leader)
    else if (lease === undefined) for (const lane of lanes) void this.#settle(lane)
    else await this.#send(lanes, lease)
    lease?.giveBack()
    return lanes.length > 0
  }

  /** Puts the next batches of a leader's lanes in flight. */
  #take(leader: number): Lane[] {
    const taken: Lane[] = []
    const sent = { records: 0, bytes: 0 }
    for (const lane of this.#waiting) {
      if (leaderOf(lane.partition, this.#metadata) !== leader) continue
      if (sent.records >= roundRecordsLimit || sent.bytes >= roundBytesLimit) break
      this.#waiting.delete(lane)
      const batch = lane.take()
      if (batch === undefined) continue
      taken.push(lane)
      sent.records += batch.messages.length
      sent.bytes += batch.bytes
    }
    return taken
  }

  async #send(lanes: readonly Lane[], lease: ProducerLease): Promise<void> {
    const answer = await lease.sendRound(lanes.flatMap(batchOf))
    switch (answer.kind) {
      case 'written':
        for (const [index, offset] of answer.offsets.entries()) lanes[index]?.acknowledge(offset)
        break
      case 'split':
        this.#options.onSplit()
        for (const lane of lanes) lane.putBack()
        break
      case 'unknown':
        for (const lane of lanes) lane.failed(answer.error, 'in a round')
        for (const lane of lanes) void this.#settle(lane, lease.share())
        return
      default:
        answer satisfies never
    }
    for (const lane of lanes) this.wake(lane)
  }
}

const batchOf = (lane: Lane): LaneBatch[] => (lane.batch === undefined ? [] : [lane.batch])
