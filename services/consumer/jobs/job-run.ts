import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '#shared/catalog/job-schema.ts'
import type { JobEnvironment } from './environment.ts'
import { type JobJournal, openJobJournal } from './job-journal.ts'
import { type JobTarget, openJobTarget, type Recipient } from './job-target.ts'
import { type JobTrouble, jobTrouble } from './job-trouble.ts'
import { JobWork } from './job-work.ts'
import { createProgress, type Ending, type Progress } from './progress.ts'
import type { JobCounts, JobSource, Opened } from './source.ts'
import { tellJobEnd } from './tell-job-end.ts'

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

const longestDrainMs = 25_000
const lookMs = 10
const nothingDone: JobCounts = { done: 0, delivered: 0, deadLettered: 0 }

/**
 * One job on this instance.
 *
 *   opening   what it is about, and how far it is, is read from the log
 *   working   items go out, see `JobWork`
 *   ending    nothing more goes out; when nothing is under way its end is written, until Kafka has it
 *   over      ended, stopped or abandoned: after the last two another runner goes on from what is in the log
 */
export class JobRun {
  readonly #options: JobRunOptions
  readonly #progress: Progress
  readonly #journal: JobJournal
  readonly #trouble: JobTrouble
  readonly #target: JobTarget | null
  #recipient: Recipient | null
  #opened: { source: JobSource; work: JobWork } | null = null
  #isAbandoned = false
  #isEnded = false
  #phase: 'opening' | 'working' | 'ending' | 'over' = 'opening'

  constructor(options: JobRunOptions) {
    const { environment, job, recipient } = options
    this.#options = options
    this.#recipient = recipient
    this.#progress = createProgress({ catalog: environment.catalog, job, instance: environment.instance })
    this.#journal = openJobJournal({ log: environment.attemptLog, catalog: environment.catalog, job })
    this.#trouble = jobTrouble(environment, job)
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
    this.#opened?.work.follow()
    this.#opened?.work.pump(nowMs)
    void this.#journal.flush()
    if (this.#opened !== null && this.#phase === 'working' && this.#mayWrite()) {
      this.#progress.note(this.#opened.source, nowMs)
    }
  }

  /** What was attempted ends, as far as it does within 25 s, and is written; another runner goes on. */
  async stop(): Promise<void> {
    if (this.#phase === 'over') return
    const untilMs = performance.now() + longestDrainMs
    const isGoingOn = this.#phase === 'working'
    if (isGoingOn) this.#leave('over')
    while ((this.#underWay > 0 || this.#isEnding()) && performance.now() < untilMs) await sleep(lookMs)
    if (isGoingOn && this.#opened !== null && this.#mayWrite()) await this.#progress.flush(this.#opened.source)
    await this.abandon()
  }

  /** Another runner may have it by now: nothing more is written here. */
  async abandon(): Promise<void> {
    if (this.#isAbandoned || this.#isEnded) return
    this.#leave('over')
    this.#isAbandoned = true
    this.#options.environment.jobTelemetry.handedOver(this.#options.job.id)
    await this.#close()
  }

  get #underWay(): number {
    return this.#opened?.work.underWay ?? 0
  }

  #isEnding(): boolean {
    return this.#phase === 'ending'
  }

  /** What an earlier runner writes would hide what a later one has written. */
  #mayWrite(): boolean {
    return !this.#isAbandoned && this.#options.mayWork()
  }

  /** Nothing goes out in the phases after working. */
  #leave(phase: 'ending' | 'over'): void {
    this.#phase = phase
    this.#opened?.work.close()
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
        this.#opened = { source, work: this.#workOn(source) }
        this.#phase = 'working'
        const { kind, subscription, matched } = job
        environment.jobTelemetry.started(job.id, { kind, subscription, matched, done: source.counts().done })
        this.tick(performance.now())
      } catch (error) {
        await this.#trouble.outlast(error)
      }
    }
  }

  #workOn(source: JobSource): JobWork {
    const { environment, job, mayWork } = this.#options
    return new JobWork({
      ...{ environment, job, mayWork, source, target: this.#target, journal: this.#journal, trouble: this.#trouble },
      recipient: () => this.#recipient,
      isWanted: () => !this.#isAbandoned,
      onDone: (missing) => this.#end({ state: missing === null ? 'finished' : 'failed', error: missing }),
    })
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

  #end(ending: Ending): void {
    if (this.#phase === 'ending' || this.#phase === 'over') return
    this.#leave('ending')
    void this.#writeEnd(ending)
  }

  async #writeEnd(ending: Ending): Promise<void> {
    const { environment, job, onOver } = this.#options
    const source = this.#opened?.source ?? null
    while (this.#underWay > 0) await sleep(lookMs)
    while (this.#phase === 'ending') {
      if (!this.#mayWrite()) {
        await sleep(lookMs)
        continue
      }
      try {
        // A job that is forgotten keeps no state: writing one would outlive it for ever.
        if (environment.catalog.job(job.id) !== undefined) await this.#progress.end(source, ending)
        this.#phase = 'over'
        this.#isEnded = true
        tellJobEnd(environment, job, { ...(source?.counts() ?? nothingDone), ...ending })
        await this.#close()
        onOver()
      } catch (error) {
        await this.#trouble.outlast(error)
      }
    }
  }

  async #close(): Promise<void> {
    this.#progress.close()
    await this.#journal.flush()
    await this.#target?.close()
  }

  #openTarget(recipient: Recipient): JobTarget {
    const { environment, job } = this.#options
    const current = () => this.#recipient ?? recipient
    const isStopping = () => this.#phase === 'over'
    return openJobTarget({ environment, job, recipient: current, mayStart: this.#options.mayWork, isStopping })
  }
}
