import type { Message } from 'kafkajs'
import { TailraceError } from '#shared/errors.ts'
import type { Clock } from './clock.ts'
import { type AppendFault, appendFaultOf, refusalOf } from './errors.ts'
import { type LaneEntry, LaneQueue, queueBytesLimit } from './lane-queue.ts'

/** Sends batches of one lane under its own sequence numbers; resolves with the offset of the first record. */
export type LaneProducer = { send(messages: readonly Message[]): Promise<number> }

/** Where a lane gets its producer from; a lease ends with `giveBack` or `retire`. */
export type LaneProducers = {
  /** The producer for the next batch, opened when there is none. Rejects when that fails now. */
  lease(): Promise<LaneProducer>
  giveBack(producer: LaneProducer): void
  /** Its sequence is broken for good: the next lease is another producer. */
  retire(producer: LaneProducer): void
}

/** What a lane tells its metrics. */
export type LaneObserver = {
  acknowledged(records: number, bytes: number, ms: number): void
  failed(fault: AppendFault, error: unknown): void
}

export type LaneOptions = {
  /** `<topic>/<partition>`, for messages. */
  name: string
  producers: LaneProducers
  clock: Clock
  observe: LaneObserver
}

/** Longer than any pause that one lost broker causes (measured: at most 4.3 s), so that such a pause refuses nothing. */
const brokenAfterMs = 5_000

/** A healthy append takes 2 to 30 ms; at this age keyless records look for another partition. */
const slowAfterMs = 250

/** A topic that was just created is unknown to some brokers for a moment. */
const unknownTopicAfterMs = 15_000

/**
 * One produce lane: the queue in front of one partition.
 *
 * - idle: nothing queued, nothing in flight. A record starts the work.
 * - sending: one batch is in flight. What queues meanwhile goes next, together (group commit).
 * - settling: the last try was ambiguous or its producer is broken. The identical batch is sent again, on the same
 *   producer unless its sequence is broken for good, after min(50·2ⁿ, 300) ms, without limit. Nothing else of this
 *   partition is sent before: other data under the same sequence number would be taken for a duplicate and vanish.
 * - broken: sending or settling for 5 s. New records are refused at once; the next acknowledgement ends it.
 *
 * A batch that Kafka refuses for good is halved until the bad record is alone; only that one fails, in order. When it is
 * one of a run, what still waits of the run fails too: within a run no record is written after one that was not.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #queue = new LaneQueue()
  /** Halves of a refused batch; they go before the queue. */
  #halves: LaneEntry[][] = []
  #batch: LaneEntry[] = []
  #batchSince: number | undefined
  #failures = 0
  #idleSince: number
  #working: Promise<void> | undefined
  #isAbandoned = false

  constructor(options: LaneOptions) {
    this.#options = options
    this.#idleSince = options.clock.now()
  }

  /** Resolves with the offset of the record; refuses at once when the lane is broken or full. */
  append(message: Message, bytes: number): Promise<number> {
    if (this.isBroken) return Promise.reject(this.#brokenError())
    if (this.#queue.bytes + bytes > queueBytesLimit) return Promise.reject(this.#fullError())
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, bytes, resolve, reject })
      this.#working ??= this.#work()
    })
  }

  /**
   * Appends these entries of one run in their order, or rejects all of them at once when the lane is broken or full, or the
   * run is cut. Entries that are larger than the whole queue may be find room when it is empty.
   */
  appendAll(entries: readonly LaneEntry[]): void {
    const error = this.#refusalOfAll(entries)
    for (const entry of entries) {
      if (error === undefined) this.#queue.push(entry)
      else rejectAndCut(entry, error)
    }
    if (this.#queue.length > 0) this.#working ??= this.#work()
  }

  #refusalOfAll(entries: readonly LaneEntry[]): TailraceError | undefined {
    if (entries.some(isCut)) return cutError()
    if (this.isBroken) return this.#brokenError()
    const isFull = this.#queue.bytes > 0 && this.#queue.bytes + sumBytes(entries) > queueBytesLimit
    return isFull ? this.#fullError() : undefined
  }

  /** Rejects what is queued; the batch in flight settles by itself, so that its sequence number is never reused. */
  drop(error: TailraceError): void {
    for (const entry of [...this.#halves.flat(), ...this.#queue.takeAll()]) entry.reject(error)
    this.#halves = []
  }

  /** Resolves when nothing is queued or in flight. */
  async drained(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  /** The end: rejects everything that is not acknowledged and stops sending; the outcome of the batch in flight is unknown. */
  abandon(error: TailraceError): void {
    this.drop(error)
    this.#isAbandoned = true
    const unknown = new TailraceError('outcome-unknown', 'this instance stopped before Kafka answered', {
      cause: error,
    })
    for (const entry of this.#batch) entry.reject(unknown)
  }

  get isBroken(): boolean {
    return this.unacknowledgedMs >= brokenAfterMs
  }

  /** Neither failing nor slow: a good place for keyless records. */
  get isHealthy(): boolean {
    return this.#failures === 0 && this.unacknowledgedMs < slowAfterMs
  }

  /** What waits fills a batch of its own. */
  get isFull(): boolean {
    return this.#queue.fillsBatch
  }

  get queued(): number {
    return this.#queue.length
  }

  get inFlight(): number {
    return this.#batch.length
  }

  /** Age of the oldest unacknowledged batch, ms; 0 when there is none. */
  get unacknowledgedMs(): number {
    return this.#batchSince === undefined ? 0 : this.#options.clock.now() - this.#batchSince
  }

  /** Milliseconds without any work; 0 while there is some. */
  get idleMs(): number {
    return this.#working === undefined ? this.#options.clock.now() - this.#idleSince : 0
  }

  async #work(): Promise<void> {
    // Records of requests that came in this turn of the event loop join the first batch.
    await this.#options.clock.turn()
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      this.#batch = batch
      this.#batchSince = this.#options.clock.now()
      await this.#settle(batch)
      this.#batch = []
      this.#batchSince = undefined
    }
    this.#idleSince = this.#options.clock.now()
    this.#working = undefined
  }

  #next(): LaneEntry[] {
    for (;;) {
      const batch = this.#halves.shift() ?? this.#queue.takeBatch()
      if (!batch.some(isCut)) return batch
      for (const entry of batch.filter(isCut)) entry.reject(cutError())
      const rest = batch.filter((entry) => !isCut(entry))
      if (rest.length > 0) return rest
    }
  }

  async #settle(batch: readonly LaneEntry[]): Promise<void> {
    const { producers, clock, observe } = this.#options
    const messages = batch.map((entry) => entry.message)
    let producer: LaneProducer | undefined
    for (this.#failures = 0; ; this.#failures += 1) {
      try {
        producer ??= await producers.lease()
        this.#acknowledge(batch, await producer.send(messages))
        break
      } catch (error) {
        const fault = this.#judge(error)
        observe.failed(fault, error)
        if (fault === 'permanent') {
          this.#refuse(batch, error)
          break
        }
        if (fault === 'producer-fatal' && producer !== undefined) {
          producers.retire(producer)
          producer = undefined
        }
        // Perhaps only this producer does not know it; then its source has another one.
        if (appendFaultOf(error) === 'unknown-topic' && producer !== undefined) {
          producers.giveBack(producer)
          producer = undefined
        }
      }
      if (this.#isAbandoned) break
      await clock.sleep(resendDelayMs(this.#failures))
    }
    this.#failures = 0
    if (producer !== undefined) producers.giveBack(producer)
  }

  #judge(error: unknown): AppendFault {
    const fault = appendFaultOf(error)
    if (fault !== 'unknown-topic') return fault
    return this.unacknowledgedMs >= unknownTopicAfterMs ? 'permanent' : 'ambiguous'
  }

  #acknowledge(batch: readonly LaneEntry[], baseOffset: number): void {
    this.#options.observe.acknowledged(batch.length, sumBytes(batch), this.unacknowledgedMs)
    for (const [index, entry] of batch.entries()) entry.resolve(baseOffset + index)
  }

  #refuse(batch: readonly LaneEntry[], error: unknown): void {
    if (batch.length === 1 || appendFaultOf(error) === 'unknown-topic') {
      for (const entry of batch) rejectAndCut(entry, refusalOf(error, this.#options.name))
      return
    }
    const middle = batch.length >> 1
    this.#halves.unshift(batch.slice(0, middle), batch.slice(middle))
  }

  #brokenError(): TailraceError {
    const detail = `Kafka has not acknowledged ${this.#options.name} for ${Math.round(this.unacknowledgedMs)} ms`
    return new TailraceError('kafka-unavailable', detail, { retryAfterMs: 1_000 })
  }

  #fullError(): TailraceError {
    const detail = `${this.#queue.bytes} bytes wait for ${this.#options.name} already`
    return new TailraceError('overloaded', detail, { retryAfterMs: 1_000 })
  }
}

/** Pause before send number `failures + 2` of the same batch: 50, 100, 200, 300, 300 … ms. */
export function resendDelayMs(failures: number): number {
  return Math.min(50 * 2 ** Math.min(failures, 3), 300)
}

const isCut = ({ run }: LaneEntry) => run?.isCut === true

function rejectAndCut({ run, reject }: LaneEntry, error: TailraceError): void {
  if (run !== undefined) run.isCut = true
  reject(error)
}

const cutError = () =>
  new TailraceError('batch-incomplete', 'Another event of this request for the same partition is not stored.')

function sumBytes(batch: readonly LaneEntry[]): number {
  return batch.reduce((sum, entry) => sum + entry.bytes, 0)
}
