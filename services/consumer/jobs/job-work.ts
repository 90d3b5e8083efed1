import type { Job } from '#shared/catalog/job-schema.ts'
import { deliverItem, type ItemResult, settle } from './deliver-item.ts'
import type { JobEnvironment } from './environment.ts'
import type { JobJournal } from './job-journal.ts'
import { type JobTarget, jobRate, type Recipient } from './job-target.ts'
import type { JobTrouble } from './job-trouble.ts'
import { createKeyTurns } from './key-turns.ts'
import { Pace } from './pace.ts'
import type { JobItem, JobSource } from './source.ts'

export type JobWorkOptions = {
  environment: Pick<JobEnvironment, 'deadLetters' | 'telemetry' | 'ops' | 'jobTelemetry' | 'states'>
  job: Job
  source: JobSource
  /** False while it is doubtful whether this instance still runs the jobs. */
  mayWork(): boolean
  /** As it is now; null for a discard. */
  recipient(): Recipient | null
  /** Null for a discard. */
  target: JobTarget | null
  journal: JobJournal
  trouble: JobTrouble
  /** False once another runner may have the job. */
  isWanted(): boolean
  /** Everything that it is about has ended; `missing`: what the log no longer had, null for nothing. */
  onDone(missing: string | null): void
}

/** Read and not yet under way. */
const mostWaiting = 256
/** Marks of a discard under way at a time. */
const discardsAtOnce = 256
const againAfterMs = 500

/**
 * The items of a job: read ahead, then per order one after the other, as rate, target and subscription allow. What Kafka
 * does not take now comes again.
 */
export class JobWork {
  readonly #options: JobWorkOptions
  readonly #turns = createKeyTurns<JobItem>()
  readonly #pace = new Pace(() => this.pump(performance.now()))
  #isLast = false
  #isReading = false
  #isOpen = true
  #underWay = 0

  constructor(options: JobWorkOptions) {
    this.#options = options
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Nothing more goes out; what is under way ends. */
  close(): void {
    this.#isOpen = false
    this.#pace.close()
  }

  /** The subscription may have changed. */
  follow(): void {
    const { job, recipient, target } = this.#options
    if (target?.follow() === 'released') this.#pace.goOn()
    this.#pace.limit(jobRate(job, recipient()?.subscription ?? null))
  }

  /** Sends out what may go out now. */
  pump(nowMs: number): void {
    if (!this.#isOpen) return
    const { source, mayWork, onDone } = this.#options
    if (!this.#isLast && !this.#isReading && this.#turns.waiting() < mostWaiting / 2) void this.#read()
    if (this.#isLast && this.#turns.waiting() === 0 && this.#underWay === 0) {
      onDone(source.missing())
      return
    }
    if (this.#pace.isWaiting(nowMs) || this.#isHeld() || !mayWork()) return
    for (let slots = this.#slots() - this.#underWay; slots > 0 && this.#turns.hasFree(); slots -= 1) {
      if (!this.#pace.take()) return
      const item = this.#turns.take()
      if (item !== undefined) void this.#handle(item)
    }
  }

  async #read(): Promise<void> {
    this.#isReading = true
    try {
      const { items, isLast } = await this.#options.source.next(mostWaiting)
      for (const item of items) this.#turns.add(item)
      this.#isLast = isLast
    } catch (error) {
      await this.#options.trouble.outlast(error)
    } finally {
      this.#isReading = false
    }
    this.pump(performance.now())
  }

  async #handle(item: JobItem): Promise<void> {
    this.#underWay += 1
    try {
      this.#handled(item, await this.#act(item))
    } catch (error) {
      this.#turns.giveBack(item)
      this.#pace.wait(againAfterMs)
      this.#options.trouble.report(error)
    } finally {
      this.#underWay -= 1
    }
    this.pump(performance.now())
  }

  async #act(item: JobItem): Promise<ItemResult> {
    const { environment, job, target, isWanted, mayWork, journal } = this.#options
    const recipient = this.#options.recipient()
    if (job.kind === 'discard') return settle(item, { environment, job, isWanted, journal }, 'discarded')
    if (recipient === null || target === null) throw new TypeError(`job ${job.id} has nobody to deliver to`)
    const { context, heed } = target
    return deliverItem(item, { environment, job, recipient, context, isWanted, mayWrite: mayWork, journal, heed })
  }

  #handled(item: JobItem, result: ItemResult): void {
    const { environment, job, source } = this.#options
    if (result.kind === 'ended') {
      source.ended(item, result.ending)
      this.#turns.over(item)
      environment.jobTelemetry.item(job.kind, result.ending)
    } else {
      this.#turns.giveBack(item)
      if (result.kind === 'again') this.#pace.wait(result.waitMs)
    }
  }

  #slots(): number {
    const { target } = this.#options
    return target === null ? discardsAtOnce : target.slots()
  }

  /** As for live events: nothing while it is paused or held by hand, or needs an operator. */
  #isHeld(): boolean {
    const recipient = this.#options.recipient()
    if (recipient === null) return false
    const { uid, paused, heldAt } = recipient.subscription
    return paused || heldAt !== null || this.#options.environment.states.reason(uid) !== null
  }
}
