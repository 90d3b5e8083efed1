import { TailraceError } from '#shared/errors.ts'
import type { Clock } from './clock.ts'
import type { AppendFault } from './errors.ts'
import { brokenLane, fullLane, refusalOf, unknownOutcome } from './lane-errors.ts'
import { type LaneEntry, LaneQueue, queueBytesLimit } from './lane-queue.ts'
import { cutError, isCut, rejectAndCut, withoutCut } from './lane-run.ts'
import { type Judged, Tries } from './lane-tries.ts'
import type { LaneMessage } from './record-mapping.ts'

/** What a lane has in flight: sent, and sent again, exactly like this. */
export type LaneBatch = {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly LaneMessage[]
  readonly bytes: number
}

/** Who sends what lanes hold (`send-by-partition.ts`, `send-by-leader.ts`). */
export type LaneSender = {
  /** The lane has records and is the sender's until `take` finds nothing; the next record wakes the sender again. */
  wake(lane: Lane): void
  /** Disconnects; what is in flight then ends by itself. */
  close(): Promise<void>
}

/** What a lane tells its metrics. */
export type LaneObserver = {
  acknowledged(records: number, bytes: number, ms: number): void
  failed(fault: AppendFault, error: unknown): void
}

export type LaneOptions = {
  topic: string
  partition: number
  sender: LaneSender
  clock: Clock
  observe: LaneObserver
}

/**
 * Longer than any pause that one lost broker causes, so that such a pause refuses nothing: a frozen one that leads, is the
 * active controller and coordinates groups took 5.2 s on a machine without a free core. Shorter than a publish may wait.
 */
const brokenAfterMs = 7_000

/** A healthy append takes 2 to 30 ms; at this age keyless records look for another partition. */
const slowAfterMs = 250

/**
 * One produce lane: the queue in front of one partition, and what becomes of the batch in flight.
 *
 * - idle: nothing queued, nothing in flight. A record wakes the sender.
 * - waiting: the sender will come with `take`. What queues meanwhile goes together (group commit).
 * - sending: one batch is in flight. `acknowledge` ends it; `putBack` if it never went out; `failed` leads to settling.
 * - settling: the last try was ambiguous or its producer is broken. Only the identical batch may be sent (`settle.ts`):
 *   other data under the same sequence number would be taken for a duplicate and vanish.
 * - broken: waiting, sending or settling for 7 s. New records are refused at once; the next acknowledgement ends it.
 *
 * A batch that Kafka refuses for good is halved until the bad record is alone; only that one fails, in order. When it is
 * one of a run, what still waits of the run fails too: within a run no record is written after one that was not. When
 * Kafka says for 15 s that the topic or the partition does not exist, all that waits is refused with it: by itself each
 * batch would take its 15 s. What Kafka says nobody knows what about ends as `outcome-unknown`, the whole batch, and so does
 * what it refuses, or knows no topic for, after a try that may have written it; what waits then tries another producer. A batch that ends so takes its producer with it: its sequence
 * numbers may be used up, and what came next under them would be acknowledged and vanish.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #queue = new LaneQueue()
  /** Halves of a refused batch; they go before the queue. */
  #halves: LaneEntry[][] = []
  #inFlight: readonly LaneEntry[] = []
  #batch: LaneBatch | undefined
  #sentAt = 0
  /** Since when the oldest unacknowledged batch waits or is in flight. */
  #since: number | undefined
  readonly #tries = new Tries()
  #isIdle = true
  #idleSince: number
  #isAbandoned = false
  #onIdle: (() => void)[] = []

  constructor(options: LaneOptions) {
    this.#options = options
    this.#idleSince = options.clock.now()
  }

  /** Resolves with the offset of the record; refuses at once when the lane is broken or full. */
  append(message: LaneMessage, bytes: number): Promise<number> {
    if (this.isBroken) return Promise.reject(brokenLane(this.#name, this.unacknowledgedMs))
    if (this.#queue.bytes + bytes > queueBytesLimit) return Promise.reject(fullLane(this.#name, this.#queue.bytes))
    return new Promise((resolve, reject) => {
      this.#enqueue([{ message, bytes, resolve, reject }])
    })
  }

  /**
   * Appends these entries of one run in their order, or rejects all of them at once when the lane is broken or full, or the
   * run is cut. Entries that are larger than the whole queue may be find room when it is empty.
   */
  appendAll(entries: readonly LaneEntry[]): void {
    const error = this.#refusalOfAll(entries)
    if (error === undefined) this.#enqueue(entries)
    else for (const entry of entries) rejectAndCut(entry, error)
  }

  /** Puts the next batch in flight; undefined, and idle, when nothing waits. */
  take(): LaneBatch | undefined {
    while (this.#queue.length > 0) {
      const entries = withoutCut(this.#queue.takeBatch())
      if (entries.length > 0) return this.#begin(entries)
    }
    this.#isIdle = true
    this.#since = undefined
    this.#idleSince = this.#options.clock.now()
    for (const resolve of this.#onIdle.splice(0)) resolve()
    return undefined
  }

  /** The batch in flight is written, from this offset on. */
  acknowledge(baseOffset: number): void {
    const { clock, observe } = this.#options
    const entries = this.#inFlight
    observe.acknowledged(entries.length, this.#batch?.bytes ?? 0, clock.now() - this.#sentAt)
    for (const [index, entry] of entries.entries()) entry.resolve(baseOffset + index)
    this.#tries.acknowledged()
    this.#end()
  }

  /** The batch in flight never went out and was not sent before either: it waits again, with what queued behind it. */
  putBack(): void {
    this.#queue.putBack(this.#isAbandoned ? [] : this.#inFlight)
    this.#clear()
  }

  /**
   * Judges the failure of a send that carried this batch alone, or of a round: that one never condemns the batch, because
   * it does not say whose fault it is. Afterwards either the same batch is in flight still, or, when Kafka refuses it for
   * good, its first half, or nothing.
   */
  failed(error: unknown, sent: 'alone' | 'in a round'): Judged {
    const judged = this.#tries.judge(error, sent, this.#options.clock.now())
    this.#options.observe.failed(judged.fault, error)
    const { ending } = judged
    if (ending === 'refused') this.#refuse(error)
    else if (ending === 'unknown') this.#giveUp(error)
    else if (ending === 'nowhere') this.#refuseAll(error)
    else ending satisfies 'stays'
    return judged
  }

  /** Rejects what is queued; the batch in flight settles by itself, so that its sequence number is never reused. */
  drop(error: TailraceError): void {
    for (const entry of this.#takeWaiting()) entry.reject(error)
  }

  /** Resolves when nothing is queued or in flight. */
  drained(): Promise<void> {
    return this.#isIdle ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** The end: rejects everything that is not acknowledged and stops sending; the outcome of the batch in flight is unknown. */
  abandon(error: TailraceError): void {
    this.drop(error)
    this.#isAbandoned = true
    const unknown = new TailraceError('outcome-unknown', 'this instance stopped before Kafka answered', {
      cause: error,
    })
    for (const entry of this.#inFlight) entry.reject(unknown)
  }

  get partition(): number {
    return this.#options.partition
  }

  /** The batch in flight, whether sent or about to be sent again. */
  get batch(): LaneBatch | undefined {
    return this.#batch
  }

  /** Tries of the batch in flight that failed. */
  get failures(): number {
    return this.#tries.failures
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  get isBroken(): boolean {
    return this.unacknowledgedMs >= brokenAfterMs
  }

  /** Neither failing nor slow: a good place for keyless records. */
  get isHealthy(): boolean {
    return this.failures === 0 && this.unacknowledgedMs < slowAfterMs
  }

  /** What waits fills a batch of its own. */
  get isFull(): boolean {
    return this.#queue.fillsBatch
  }

  get queued(): number {
    return this.#queue.length
  }

  get inFlight(): number {
    return this.#inFlight.length
  }

  /** Age of the oldest unacknowledged batch, ms; 0 when there is none. */
  get unacknowledgedMs(): number {
    return this.#since === undefined ? 0 : this.#options.clock.now() - this.#since
  }

  /** Milliseconds without any work; 0 while there is some. */
  get idleMs(): number {
    return this.#isIdle ? this.#options.clock.now() - this.#idleSince : 0
  }

  #enqueue(entries: readonly LaneEntry[]): void {
    if (entries.length === 0) return
    for (const entry of entries) this.#queue.push(entry)
    this.#since ??= this.#options.clock.now()
    if (!this.#isIdle) return
    this.#isIdle = false
    this.#options.sender.wake(this)
  }

  #refusalOfAll(entries: readonly LaneEntry[]): TailraceError | undefined {
    if (entries.some(isCut)) return cutError()
    if (this.isBroken) return brokenLane(this.#name, this.unacknowledgedMs)
    const isFull = this.#queue.bytes > 0 && this.#queue.bytes + sumBytes(entries) > queueBytesLimit
    return isFull ? fullLane(this.#name, this.#queue.bytes) : undefined
  }

  #begin(entries: readonly LaneEntry[]): LaneBatch {
    const { topic, partition, clock } = this.#options
    this.#inFlight = entries
    this.#batch = { topic, partition, messages: entries.map((entry) => entry.message), bytes: sumBytes(entries) }
    this.#sentAt = clock.now()
    return this.#batch
  }

  #takeWaiting(): LaneEntry[] {
    return [...this.#halves.splice(0).flat(), ...this.#queue.takeAll()]
  }

  #end(): void {
    this.#clear()
    this.#halves = this.#halves.map(withoutCut).filter(({ length }) => length > 0)
    const half = this.#halves.shift()
    this.#since = half === undefined && this.#queue.length === 0 ? undefined : this.#options.clock.now()
    if (half !== undefined) this.#begin(half)
  }

  #clear(): void {
    this.#inFlight = []
    this.#batch = undefined
    this.#tries.startAnew()
  }

  /** There is nothing to write to. */
  #refuseAll(error: unknown): void {
    const refusal = refusalOf(error, this.#name)
    for (const entry of [...this.#inFlight, ...this.#takeWaiting()]) rejectAndCut(entry, refusal)
    this.#end()
  }

  #refuse(error: unknown): void {
    const entries = this.#inFlight
    const [only] = entries
    if (entries.length === 1 && only !== undefined) rejectAndCut(only, refusalOf(error, this.#name))
    else {
      const middle = entries.length >> 1
      this.#halves.unshift(entries.slice(0, middle), entries.slice(middle))
    }
    this.#end()
  }

  /** The batch may be written or not. */
  #giveUp(error: unknown): void {
    const ending = unknownOutcome(error, this.#name)
    for (const entry of this.#inFlight) rejectAndCut(entry, ending)
    this.#end()
  }

  get #name(): string {
    return `${this.#options.topic}/${this.#options.partition}`
  }
}

function sumBytes(batch: readonly LaneEntry[]): number {
  return batch.reduce((sum, entry) => sum + entry.bytes, 0)
}
