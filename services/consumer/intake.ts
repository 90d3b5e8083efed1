import type { StoredRecord } from '#shared/event/record.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import type { Input } from './pair/inputs.ts'
import type { Pair } from './pair/states.ts'
import { wantsJudgement } from './pair/view.ts'

export type IntakeOptions = {
  /** The pairs that may have something to be judged again. */
  pairs(): readonly Pair[]
  apply(pair: Pair, input: Input): void
  /** A slice has ended, or all of it: something may be ready to be attempted. */
  onSlice(): void
  /** Batches of the partition pile up, and later: none is left. */
  onFull(pair: Pair): void
  onFree(pair: Pair): void
  onBroken(error: unknown): void
}

type Records = Extract<Input, { kind: 'records' }>
type Waiting = { pair: Pair; token: string; input: Records; at: number }

/** What is handed over between two looks at the clock: a filter takes at most 10 ms for one record, as a rule some µs. */
const mostAtOnce = 16
const slowMs = 1

/**
 * Where a filter looks at each record, a batch of thousands would keep everybody else from the event loop: heartbeats, the
 * answers of other receivers. So it is handed to its pair in slices, in order. What was fetched for an earlier ownership
 * is dropped, as its pair would.
 */
export class Intake {
  readonly #options: IntakeOptions
  #waiting: Waiting[] = []
  #isRunning = false
  #isStopped = false
  #atOnce = 1

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Whether records of this pair wait, so that later ones have to wait too. */
  holds(pair: Pair): boolean {
    return this.#waiting.some((one) => one.pair === pair)
  }

  take(pair: Pair, input: Records): void {
    if (this.holds(pair)) this.#options.onFull(pair)
    this.#waiting.push({ pair, token: pair.token, input, at: 0 })
    this.wake()
  }

  /** There is something to do, perhaps. */
  wake(): void {
    if (this.#isRunning || this.#isStopped || !this.#hasWork()) return
    this.#isRunning = true
    this.#run().catch(this.#options.onBroken)
  }

  /** The ownership ended: what waits is read again by whoever is next. */
  clear(): void {
    this.#waiting = []
  }

  stop(): void {
    this.#isStopped = true
    this.clear()
  }

  async #run(): Promise<void> {
    const slices = inSlices()
    while (!this.#isStopped && this.#hasWork()) {
      this.#timed(() => this.#doNext())
      const pause = slices.pause()
      if (pause === undefined) continue
      this.#options.onSlice()
      await pause
    }
    this.#isRunning = false
    if (!this.#isStopped) this.#options.onSlice()
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#unjudged() !== undefined
  }

  #doNext(): void {
    const pair = this.#unjudged()
    if (pair !== undefined) this.#options.apply(pair, { kind: 'judge-again', most: this.#atOnce })
    else this.#handOver()
  }

  #unjudged(): Pair | undefined {
    return this.#options.pairs().find(wantsJudgement)
  }

  #handOver(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const { pair, token, input, at } = first
    const { records } = input
    const part = records.slice(at, at + this.#atOnce)
    first.at += part.length
    const isLast = first.at >= records.length
    if (pair.token === token && pair.phase !== 'gone') {
      this.#options.apply(pair, { ...input, fetchedFrom: startOf(input, at), records: part })
    }
    // the pair may have ended everything by what it was given
    if (isLast && this.#waiting[0] === first) this.#waiting.shift()
    if (isLast && !this.holds(pair)) this.#options.onFree(pair)
  }

  /** Few at a time while they are slow. */
  #timed(work: () => void): void {
    const startedAtMs = performance.now()
    work()
    const isSlow = performance.now() - startedAtMs > slowMs
    this.#atOnce = isSlow ? Math.max(1, this.#atOnce >> 1) : Math.min(mostAtOnce, this.#atOnce * 2)
  }
}

/** Every part begins where the one before ended, so that what the fetch passed over is passed over here too. */
function startOf({ fetchedFrom, records }: Records, at: number): number {
  const before: StoredRecord | undefined = records[at - 1]
  return before === undefined ? fetchedFrom : before.offset + 1
}
