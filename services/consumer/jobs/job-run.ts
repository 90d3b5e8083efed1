import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '#shared/catalog/job-schema.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { jobFinished } from '#shared/catalog/ops/events.ts'
import { TailraceError } from '#shared/errors.ts'
import { deliverItem, type ItemResult, settle } from './deliver-item.ts'
import type { JobEnvironment } from './environment.ts'
import { type JobJournal, openJobJournal } from './job-journal.ts'
import { type JobTarget, jobRate, openJobTarget } from './job-target.ts'
import { createKeyTurns } from './key-turns.ts'
import { Pace } from './pace.ts'
import { createProgress, type Ending, type Progress } from './progress.ts'
import type { JobCounts, JobItem, JobSource, Opened } from './source.ts'

/** Who a job delivers to. */
export type Recipient = { subscription: Subscription; stream: Stream }

export type JobRunOptions = {
  environment: JobEnvironment
  job: Job
  /** Null for a discard, and when the subscription is gone. */
  recipient: Recipient | null
  open(goesOn: () => boolean): Promise<Opened>
  /** False while it is doubtful whether this instance still runs the jobs. */
  mayWork(): boolean
  onOver(): void
}

/** Read and not yet under way. */
const mostWaiting = 256
/** Marks of a discard under way at a time. */
const discardsAtOnce = 256
const againAfterMs = 500
const longestDrainMs = 25_000
const lookMs = 10
/** Longer than another runner could take to find the same end. */
const toldMs = 10 * 60_000
const nothingDone: JobCounts = { done: 0, delivered: 0, deadLettered: 0 }

/**
 * One job on this instance.
 *
 *   opening   what it is about, and how far it is, is read from the log
 *   working   items go out, per order one after the other, as rate, target and subscription allow
 *   ending    nothing more goes out; when nothing is under way its end is written, until Kafka has it
 *   over      ended, stopped or abandoned: after the last two another runner goes on from what is in the log
 */
export class JobRun {
  readonly #options: JobRunOptions
  readonly #progress: Progress
  readonly #journal: JobJournal
  readonly #turns = createKeyTurns<JobItem>()
  readonly #pace = new Pace(() => this.#pump(performance.now()))
  readonly #target: JobTarget | null
  #recipient: Recipient | null
  #source: JobSource | null = null
  #isLast = false
  #isReading = false
  #isAbandoned = false
  #isEnded = false
  #underWay = 0
  #phase: 'opening' | 'working' | 'ending' | 'over' = 'opening'

  constructor(options: JobRunOptions) {
    const { environment, job, recipient } = options
    this.#options = options
    this.#recipient = recipient
    this.#progress = createProgress({ catalog: environment.catalog, job, instance: environment.instance })
    this.#journal = openJobJournal({ log: environment.attemptLog, catalog: environment.catalog, job })
    this.#target = recipient === null ? null : this.#openTarget(recipient)
    const ended = this.#endOf()
    if (ended === null) void this.#open()
    else this.#end(ended)
  }

  /** Called by the pulse, and when the catalog changed. */
  tick(nowMs: number): void {
    if (this.#phase === 'over') return
    const ended = this.#endOf()
    if (ended !== null) this.#end(ended)
    this.#follow()
    this.#pump(nowMs)
    void this.#journal.flush()
    if (this.#source !== null && this.#phase === 'working' && this.#mayWrite()) this.#progress.note(this.#source, nowMs)
  }

  /** What was attempted ends, as far as it does within 25 s, and is written; another runner goes on. */
  async stop(): Promise<void> {
    if (this.#phase === 'over') return
    const untilMs = performance.now() + longestDrainMs
    const isGoingOn = this.#phase === 'working'
    if (isGoingOn) this.#phase = 'over'
    while ((this.#underWay > 0 || this.#isEnding()) && performance.now() < untilMs) await sleep(lookMs)
    if (isGoingOn && this.#source !== null && this.#mayWrite()) await this.#progress.flush(this.#source)
    await this.abandon()
  }

  /** Another runner may have it by now: nothing more is written here. */
  async abandon(): Promise<void> {
    if (this.#isAbandoned || this.#isEnded) return
    this.#phase = 'over'
    this.#isAbandoned = true
    this.#options.environment.jobTelemetry.handedOver(this.#options.job.id)
    await this.#close()
  }

  #isEnding(): boolean {
    return this.#phase === 'ending'
  }

  /** What an earlier runner writes would hide what a later one has written. */
  #mayWrite(): boolean {
    return !this.#isAbandoned && this.#options.mayWork()
  }

  /** What of the subscription has changed. */
  #follow(): void {
    if (this.#target?.follow() === 'released') this.#pace.goOn()
    this.#pace.limit(jobRate(this.#options.job, this.#recipient?.subscription ?? null))
  }

  async #open(): Promise<void> {
    const { environment, job, open } = this.#options
    while (this.#phase === 'opening') {
      try {
        const opened = await open(() => this.#phase === 'opening')
        // What was read only in part is not what the job is about.
        if (this.#phase !== 'opening') return
        if (opened.kind === 'impossible') {
          this.#end({ state: 'failed', error: opened.error })
          return
        }
        const { source } = opened
        this.#source = source
        this.#phase = 'working'
        const { kind, subscription, matched } = job
        environment.jobTelemetry.started(job.id, { kind, subscription, matched, done: source.counts().done })
        this.tick(performance.now())
      } catch (error) {
        await this.#delayed(error)
      }
    }
  }

  /** Why it ends although something is left. */
  #endOf(): Ending | null {
    const { environment, job, recipient } = this.#options
    const { catalog } = environment
    const known = catalog.job(job.id)
    if (known === undefined || known.cancelledAt !== null) return { state: 'cancelled', error: null }
    if (job.kind === 'discard') return null
    const subscription = catalog.subscriptionByUid(job.uid ?? '')
    if (subscription === undefined || recipient === null)
      return { state: 'failed', error: `subscription ${job.subscription} was deleted` }
    this.#recipient = { subscription, stream: catalog.stream(subscription.stream) ?? recipient.stream }
    return null
  }

  #pump(nowMs: number): void {
    if (this.#phase !== 'working' || this.#source === null) return
    if (!this.#isLast && !this.#isReading && this.#turns.waiting() < mostWaiting / 2) void this.#read(this.#source)
    if (this.#isLast && this.#turns.waiting() === 0 && this.#underWay === 0) {
      const error = this.#source.missing()
      this.#end({ state: error === null ? 'finished' : 'failed', error })
      return
    }
    if (this.#pace.isWaiting(nowMs) || this.#isHeld() || !this.#options.mayWork()) return
    for (let slots = this.#slots() - this.#underWay; slots > 0 && this.#turns.hasFree(); slots -= 1) {
      if (!this.#pace.take()) return
      const item = this.#turns.take()
      if (item !== undefined) void this.#handle(item)
    }
  }

  async #read(source: JobSource): Promise<void> {
    this.#isReading = true
    try {
      const { items, isLast } = await source.next(mostWaiting)
      for (const item of items) this.#turns.add(item)
      this.#isLast = isLast
    } catch (error) {
      await this.#delayed(error)
    } finally {
      this.#isReading = false
    }
    this.#pump(performance.now())
  }

  async #handle(item: JobItem): Promise<void> {
    this.#underWay += 1
    try {
      this.#handled(item, await this.#act(item))
    } catch (error) {
      this.#turns.giveBack(item)
      this.#pace.wait(againAfterMs)
      this.#report(error)
    } finally {
      this.#underWay -= 1
    }
    this.#pump(performance.now())
  }

  async #act(item: JobItem): Promise<ItemResult> {
    const { environment, job } = this.#options
    const [recipient, target] = [this.#recipient, this.#target]
    const [isWanted, journal] = [() => !this.#isAbandoned, this.#journal]
    if (job.kind === 'discard') return settle(item, { environment, job, isWanted, journal }, 'discarded')
    if (recipient === null || target === null) throw new TypeError(`job ${job.id} has nobody to deliver to`)
    return deliverItem(item, {
      ...{ environment, job, recipient, context: target.context, isWanted, journal },
      heed: target.heed,
    })
  }

  #handled(item: JobItem, result: ItemResult): void {
    const { environment, job } = this.#options
    if (result.kind === 'ended') {
      this.#source?.ended(item, result.ending)
      this.#turns.over(item)
      environment.jobTelemetry.item(job.kind, result.ending)
    } else {
      this.#turns.giveBack(item)
      if (result.kind === 'again') this.#pace.wait(result.waitMs)
    }
  }

  #slots(): number {
    return this.#target === null ? discardsAtOnce : this.#target.slots()
  }

  /** As for live events: nothing while it is paused or held by hand, or needs an operator. */
  #isHeld(): boolean {
    if (this.#recipient === null) return false
    const { uid, paused, heldAt } = this.#recipient.subscription
    return paused || heldAt !== null || this.#options.environment.states.reason(uid) !== null
  }

  #end(ending: Ending): void {
    if (this.#phase === 'ending' || this.#phase === 'over') return
    this.#phase = 'ending'
    void this.#writeEnd(ending)
  }

  async #writeEnd(ending: Ending): Promise<void> {
    const { environment, job, onOver } = this.#options
    while (this.#underWay > 0) await sleep(lookMs)
    while (this.#phase === 'ending') {
      if (!this.#mayWrite()) {
        await sleep(lookMs)
        continue
      }
      try {
        // A job that is forgotten keeps no state: writing one would outlive it for ever.
        if (environment.catalog.job(job.id) !== undefined) await this.#progress.end(this.#source, ending)
        this.#phase = 'over'
        this.#isEnded = true
        const counts = this.#source?.counts() ?? nothingDone
        environment.jobTelemetry.ended(job.id, { kind: job.kind, done: counts.done, ...ending })
        this.#tell({ ...counts, ...ending })
        await this.#close()
        onOver()
      } catch (error) {
        await this.#delayed(error)
      }
    }
  }

  #tell(came: JobCounts & Ending): void {
    const { environment, job } = this.#options
    const { id, kind, matched, subscription: name, uid } = job
    const known = environment.catalog.subscriptionByUid(uid ?? '') ?? environment.catalog.subscription(name)
    const about = { name, uid: known?.uid ?? uid ?? '', stream: known?.stream ?? '' }
    environment.ops.raiseOnce(jobFinished(about, { id, kind, matched, ...came }), `job:${id}`, toldMs)
  }

  async #close(): Promise<void> {
    this.#progress.close()
    this.#pace.close()
    await this.#journal.flush()
    await this.#target?.close()
  }

  async #delayed(error: unknown): Promise<void> {
    this.#report(error)
    await sleep(againAfterMs)
  }

  /** Kafka comes back; anything else is a bug of ours. */
  #report(error: unknown): void {
    const { environment, job } = this.#options
    if (error instanceof TailraceError) environment.jobTelemetry.delayed(job.id, error)
    else environment.onBroken(error)
  }

  #openTarget(recipient: Recipient): JobTarget {
    const { environment, job } = this.#options
    const current = () => this.#recipient ?? recipient
    const maySendAgain = () => this.#phase !== 'over' && this.#options.mayWork()
    return openJobTarget({ environment, job, recipient: current, maySendAgain })
  }
}
