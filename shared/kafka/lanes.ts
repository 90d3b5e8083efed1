import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { type Clock, systemClock } from './clock.ts'
import type { KafkaConnection } from './connection.ts'
import { Lane, type LaneSender } from './lane.ts'
import { type LaneLoad, type LaneMetrics, laneMetricsOf } from './lane-metrics.ts'
import type { LaneEntry, LaneRun } from './lane-queue.ts'
import { type LaneKind, type Senders, sendersOf } from './lane-senders.ts'
import { partitionForKey } from './partitioner.ts'
import { KeylessPlacement } from './placement.ts'
import { bytesOf, toMessage } from './record-mapping.ts'

export type LaneOptions = { connection: KafkaConnection; metrics: Metrics; kind: LaneKind }

/** One lane as operators see it. `oldestMs`: age of its oldest unacknowledged batch, 0 when there is none. */
export type LaneSnapshot = {
  topic: string
  partition: number
  state: 'open' | 'broken'
  queued: number
  inFlight: number
  oldestMs: number
}

/**
 * Records for one partition, in their order. Each index is told exactly once how it ended, perhaps before `appendAll`
 * returns: `stored` with its offset after acks=all, `refused` with what `append` would have rejected with.
 */
export type AppendRun = {
  records: readonly EventRecord[]
  /** `{ isCut: false }` at first, and the same for every call of one request for this partition. */
  run: LaneRun
  stored(index: number, offset: number): void
  refused(index: number, error: unknown): void
}

export type ProduceLanes = {
  /**
   * Resolves with the offset after acks=all. Rejects at once with `kafka-unavailable` when the lane is broken and with
   * `overloaded` when its queue is full (nothing was queued then), later with a refusal that Kafka will always repeat
   * (`event-too-large`, `event-invalid`, `stream-unknown`), or with `outcome-unknown` when a broker answers in a code that
   * nobody here knows. It never gives up by itself otherwise: a deadline belongs to the caller.
   */
  append(topic: string, partition: number, record: EventRecord): Promise<number>
  /**
   * Appends records of a run. Of one run no record is ever written behind one that was not: a lane that is broken or full
   * takes none of them, and what waits of the run when one is refused is refused with `batch-incomplete`.
   */
  appendAll(topic: string, partition: number, run: AppendRun): void
  /** The partition a record without a key goes to now. */
  placeKeyless(topic: string, partitions: number): number
  /** The partition every Kafka client's default partitioner gives this key. */
  partitionForKey(key: Buffer, partitions: number): number
  snapshot(): LaneSnapshot[]
  /** Rejects what is queued for a partition that this process lost; the batch in flight may still be written. */
  dropTopicPartition(topic: string, partition: number): void
  /** Takes no more, waits at most 10 s for what is queued, then disconnects. */
  close(): Promise<void>
}

const closeAfterIdleMs = 60_000
const sweepEveryMs = 10_000
const drainLimitMs = 10_000

/** The produce lanes of one process: one queue per topic-partition, opened at the first record, closed after 60 s without. */
export function openLanes({ connection, metrics, kind }: LaneOptions): ProduceLanes {
  const observe = laneMetricsOf(metrics)
  return new LaneSet(sendersOf(kind, { connection, clock: systemClock, observe }), observe, systemClock)
}

type OpenLane = { lane: Lane; topic: string; partition: number; sender: LaneSender }

class LaneSet implements ProduceLanes {
  readonly #senders: Senders
  readonly #clock: Clock
  readonly #lanes = new Map<string, OpenLane>()
  readonly #placement: KeylessPlacement
  readonly #metrics: LaneMetrics
  readonly #removeLoad: () => void
  readonly #sweep: NodeJS.Timeout
  #isClosed = false

  constructor(senders: Senders, metrics: LaneMetrics, clock: Clock) {
    this.#senders = senders
    this.#clock = clock
    this.#placement = new KeylessPlacement(clock.now)
    this.#metrics = metrics
    this.#removeLoad = metrics.add(() => this.#load())
    this.#sweep = setInterval(() => this.#closeIdle(), sweepEveryMs).unref()
  }

  async append(topic: string, partition: number, record: EventRecord): Promise<number> {
    if (this.#isClosed) throw stopping()
    return this.#laneOf(topic, partition).append(toMessage(record, partition), bytesOf(record))
  }

  appendAll(topic: string, partition: number, run: AppendRun): void {
    const entries = entriesOf(run, partition)
    if (!this.#isClosed) {
      this.#laneOf(topic, partition).appendAll(entries)
      return
    }
    run.run.isCut = true
    for (const entry of entries) entry.reject(stopping())
  }

  placeKeyless(topic: string, partitions: number): number {
    const lane = (partition: number) => this.#lanes.get(`${topic}/${partition}`)?.lane
    return this.#placement.place(topic, partitions, {
      isHealthy: (partition) => lane(partition)?.isHealthy ?? true,
      isFull: (partition) => lane(partition)?.isFull ?? false,
    })
  }

  partitionForKey(key: Buffer, partitions: number): number {
    return partitionForKey(key, partitions)
  }

  snapshot(): LaneSnapshot[] {
    return [...this.#lanes.values()].map(({ lane, topic, partition }) => ({
      topic,
      partition,
      state: lane.isBroken ? 'broken' : 'open',
      queued: lane.queued,
      inFlight: lane.inFlight,
      oldestMs: Math.round(lane.unacknowledgedMs),
    }))
  }

  dropTopicPartition(topic: string, partition: number): void {
    const detail = `this instance no longer writes ${topic}/${partition}`
    this.#lanes.get(`${topic}/${partition}`)?.lane.drop(new TailraceError('kafka-unavailable', detail))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#sweep)
    const lanes = [...this.#lanes.values()]
    const drained = Promise.all(lanes.map(({ lane }) => lane.drained()))
    await Promise.race([drained, sleep(drainLimitMs, undefined, { ref: false })])
    for (const { lane } of lanes) lane.abandon(stopping())
    await this.#senders.close()
    this.#removeLoad()
  }

  #laneOf(topic: string, partition: number): Lane {
    const name = `${topic}/${partition}`
    const known = this.#lanes.get(name)
    if (known !== undefined) return known.lane
    const sender = this.#senders.senderOf(topic, partition)
    const lane = new Lane({ topic, partition, sender, clock: this.#clock, observe: this.#metrics })
    this.#lanes.set(name, { lane, topic, partition, sender })
    return lane
  }

  #closeIdle(): void {
    for (const [name, { lane }] of this.#lanes) {
      if (lane.idleMs >= closeAfterIdleMs) this.#lanes.delete(name)
    }
    this.#senders.closeUnused(new Set([...this.#lanes.values()].map(({ sender }) => sender)))
  }

  #load(): LaneLoad {
    const load = { open: this.#lanes.size, broken: 0, queued: 0 }
    for (const { lane } of this.#lanes.values()) {
      load.queued += lane.queued
      load.broken += lane.isBroken ? 1 : 0
    }
    return load
  }
}

function entriesOf({ records, run, stored, refused }: AppendRun, partition: number): LaneEntry[] {
  // A lane that was abandoned may still hear of the batch it had in flight.
  const isSettled = new Uint8Array(records.length)
  const once = <T>(index: number, tell: (index: number, end: T) => void) => {
    return (end: T) => {
      if (isSettled[index] === 1) return
      isSettled[index] = 1
      tell(index, end)
    }
  }
  return records.map((record, index) => ({
    message: toMessage(record, partition),
    bytes: bytesOf(record),
    run,
    resolve: once(index, stored),
    reject: once(index, refused),
  }))
}

const stopping = () => new TailraceError('stopping', 'this instance takes no more records')
