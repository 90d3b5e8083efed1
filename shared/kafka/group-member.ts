import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Consumer } from 'kafkajs'
import { CommitReceipts } from './commit-receipts.ts'
import { createClient, type KafkaConnection } from './connection.ts'
import type { RecordBatch } from './group-keeper.ts'
import { gated } from './join-patch.ts'
import { busyPace, LongPoll } from './long-poll.ts'
import { ReadPositions } from './read-positions.ts'
import { toStoredRecord } from './record-mapping.ts'
import { type OwnClaim, stickyProtocol } from './sticky-protocol.ts'
import { createWire } from './wire.ts'

/** What one membership tells its keeper, always synchronously. Nothing comes after `broken`, `leave` or `abandon`. */
export type MemberEvents = {
  /** All assigned partitions are paused already. `askedAtMs`: when the answered request went out, monotonic. */
  joined(member: { id: string; partitions: readonly number[]; askedAtMs: number }): void
  /** It is about to join anew; does so as soon as this resolves. */
  rejoining(): Promise<void>
  /** The coordinator accepted a heartbeat that went out then. */
  heartbeat(askedAtMs: number): void
  /** The fetch loop went round, with or without an answer. */
  looped(): void
  /** A broker answered a fetch. */
  fetched(): void
  batch(batch: Omit<RecordBatch, 'epoch'>): void
  broken(reason: string, error: unknown): void
}

export type MemberOptions = {
  connection: KafkaConnection
  suffix: string
  /** Brokers that answer now. */
  brokers: readonly string[]
  groupId: string
  topics: readonly string[]
  sessionTimeoutMs: number
  mayRest: boolean
  claim: () => OwnClaim
  events: MemberEvents
}

export type CommitRequest = { topic: string; partition: number; offset: number; metadata: string }

/** Same figures as the runs behind the promise: 2.3 to 3.8 s on a frozen coordinator. */
const retry = { retries: 3, initialRetryTime: 100, maxRetryTime: 300 }
const requestTimeoutMs = 2_500
export const rebalanceTimeoutMs = 5_000
/**
 * Of one partition in one fetch. kafkajs takes a fetch apart in one go, so this is what stands between two looks at
 * anything else, and what is garbage afterwards: 6 partitions are 1.5 MB, not 6. A larger batch comes whole when its
 * partition is the first of a fetch; kafkajs draws their order each time.
 */
const fetchBytes = 256 * 1024
const metadataMaxAgeMs = 3_000
/** The hand-off returns at once; more workers only spare partitions of one fetch the wait for each other. */
const workers = 8
const leaveLimitMs = 4_000

const membershipApis = new Set(['SyncGroup', 'Heartbeat'])
const outOfRangeLog = 'Offset out of range, resetting to default offset'
const crashLog = /^Crash: /

/**
 * One kafkajs consumer from its start to its end; a broken one is not mended but replaced.
 *
 * - starting: connecting and joining; ends with the first `joined`
 * - member: `joined` may come again; without `rejoining` before it when the coordinator had forgotten this member
 * - over: after `broken`, `leave` or `abandon`; every event is ignored from then on
 *
 * A position outside the log also ends it, before kafkajs could commit its reset: kafkajs would go on at the log start
 * and overwrite the group's offset with -2. Whoever keeps the positions compares them with the log when joined again.
 */
export class GroupMember {
  readonly #options: MemberOptions
  readonly #wire = createWire()
  readonly #consumer: Consumer
  readonly #positions = new ReadPositions()
  readonly #receipts = new CommitReceipts()
  readonly #poll: LongPoll
  /** When the last question whether it is a member, of those that were answered, went out. */
  #askedAtMs = Number.NEGATIVE_INFINITY
  #isOver = false

  constructor(options: MemberOptions) {
    const { connection, suffix, brokers } = options
    this.#options = options
    const onErrorLog = (message: string) => this.#onErrorLog(message)
    const client = createClient(connection, { wire: this.#wire, suffix, brokers, retry, requestTimeoutMs, onErrorLog })
    this.#consumer = client.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: busyPace.heartbeatMs,
      maxWaitTimeInMs: busyPace.waitMs,
      maxBytesPerPartition: fetchBytes,
      metadataMaxAge: metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      partitionAssigners: [gated(stickyProtocol(options.claim), () => this.#rejoining())],
      retry: { ...retry, restartOnFailure: async () => false },
    })
    const { groupId, mayRest } = options
    this.#poll = new LongPoll({ groupId, mayRest, isPaused: () => this.#consumer.paused().length > 0 })
    this.#listen()
    this.#start().catch((error: unknown) => this.#break('it could not start', error))
  }

  /** Whether the coordinator took the commit. Rejects with the error of kafkajs. */
  async commit(entries: readonly CommitRequest[]): Promise<boolean> {
    await this.#consumer.commitOffsets(entries.map((entry) => ({ ...entry, offset: String(entry.offset) })))
    return this.#receipts.take(entries)
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#poll.stir()
    if (!this.#isOver) this.#consumer.pause([{ topic, partitions: [...partitions] }])
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#poll.stir()
    if (!this.#isOver) this.#consumer.resume([{ topic, partitions: [...partitions] }])
  }

  seek(topic: string, partition: number, offset: number): void {
    if (this.#isOver) return
    this.#poll.stir()
    this.#positions.seek(topic, partition, offset)
    this.#consumer.seek({ topic, partition, offset: String(offset) })
  }

  /** Leaves the group and disconnects, within 4 s. */
  async leave(): Promise<void> {
    this.#isOver = true
    this.#poll.close()
    const left = this.#consumer.disconnect().catch(() => undefined)
    await Promise.race([left, sleep(leaveLimitMs, undefined, { ref: false })])
    this.#wire.cut()
  }

  /** Cuts all its sockets at once; the group still counts it as a member until it is evicted or its session ends. */
  abandon(): void {
    this.#isOver = true
    this.#poll.close()
    this.#wire.cut()
    this.#consumer.disconnect().catch(() => undefined)
  }

  async #start(): Promise<void> {
    await this.#consumer.connect()
    // fromBeginning is never used to choose a position; it only keeps kafkajs from starting at the end by itself.
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    if (this.#isOver) return
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: workers,
      eachBatch: async ({ batch }) => this.#whileMember(() => this.#handOver(batch)),
    })
  }

  #listen(): void {
    const { events } = this.#options
    const consumer = this.#consumer
    consumer.on('consumer.group_join', ({ payload }) =>
      this.#whileMember(() => this.#joined(payload.memberId, payload.memberAssignment)),
    )
    consumer.on('consumer.heartbeat', () => this.#whileMember(() => events.heartbeat(this.#askedAtMs)))
    consumer.on('consumer.fetch', () => this.#whileMember(() => events.looped()))
    consumer.on('consumer.network.request', ({ payload: { apiName, pendingDuration, duration } }) => {
      if (apiName === 'Fetch') this.#whileMember(() => events.fetched())
      // An answer may have lain there while this process stood still: what it says was true when it was asked for.
      const tookMs = Math.max(0, pendingDuration + duration)
      if (membershipApis.has(apiName)) this.#askedAtMs = performance.now() - tookMs
    })
    consumer.on('consumer.commit_offsets', ({ payload }) => this.#receipts.receive(payload.topics))
    consumer.on('consumer.start_batch_process', ({ payload: { batchSize, topic, partition, lastOffset } }) => {
      if (batchSize === 0) this.#positions.skip(topic, partition, Number(lastOffset))
    })
    consumer.on('consumer.crash', ({ payload }) => this.#break('kafkajs crashed', payload.error))
  }

  async #rejoining(): Promise<void> {
    if (!this.#isOver) await this.#options.events.rejoining()
  }

  #joined(memberId: string, assignment: Readonly<Record<string, number[]>>): void {
    this.#positions.clear()
    const topics = this.#options.topics
    // A pause of kafkajs outlives rebalances, a resume too: say it for every partition at every join.
    for (const topic of topics) this.pause(topic, assignment[topic] ?? [])
    const [first = [], ...others] = topics.map((topic) => assignment[topic] ?? [])
    const partitions = first.filter((partition) => others.every((other) => other.includes(partition)))
    this.#options.events.joined({ id: memberId, partitions, askedAtMs: this.#askedAtMs })
  }

  #handOver(batch: Batch): void {
    const { topic, partition, messages } = batch
    const from = Number(Reflect.get(batch, 'fetchedOffset'))
    const verdict = this.#positions.judge(topic, partition, { from, last: Number(batch.lastOffset()) })
    if (!verdict.accept) {
      if (verdict.seekTo !== undefined) this.seek(topic, partition, verdict.seekTo)
      return
    }
    if (messages.length > 0) this.#poll.stir()
    const records = messages.map((message) => toStoredRecord(topic, partition, message))
    const highWatermark = Number(batch.highWatermark)
    this.#options.events.batch({ topic, partition, fetchedFrom: from, records, highWatermark })
  }

  /** kafkajs says these only in its log, but synchronously, before it acts on them. */
  #onErrorLog(message: string): void {
    if (message === outOfRangeLog) this.#break('a position is outside the log', new Error(message))
    if (crashLog.test(message)) this.#break('kafkajs crashed', new Error(message))
  }

  /** Runs a reaction to kafkajs; one that throws is our bug, and the records it was for must come again. */
  #whileMember(react: () => void): void {
    if (this.#isOver) return
    try {
      react()
    } catch (error) {
      this.#break('a listener failed', error)
    }
  }

  #break(reason: string, error: unknown): void {
    if (this.#isOver) return
    this.abandon()
    this.#options.events.broken(reason, error)
  }
}
