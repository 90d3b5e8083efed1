import { setTimeout as sleep } from 'node:timers/promises'
import type { Commits } from './commits.ts'

export type CommitClockOptions = {
  commits: Pick<Commits, 'isUnderWay' | 'holdBack' | 'send'>
  /** Of the ownership that lives now; null between two of them. */
  epoch(): number | null
  hasPairs(): boolean
  /** Every pair notes its commit; `forced`: also one that says nothing new. */
  noteAll(forced: boolean): void
  /** What is noted goes out. */
  sendNoted(): void
  /** Writes down what was attempted so far; see `SubscriptionLog.flush`. */
  flushLog(): Promise<void> | null
  /** Runners of this process. */
  runnerCount(): number
}

const commitEveryMs = 200
/** Each runner's commit is an append at the coordinator: 20 ms each keeps 100 runners at 50 a second. */
const commitShareMs = 20
const forceCommitEveryMs = 5_000
const lastCommitMs = 5_000
const lookAgainMs = 50

/**
 * When the pairs of a runner commit: every 200 ms when something changed, every 5 s regardless (another member's late commit
 * may have overwritten ours), and once more before the group is left. A commit of the clock waits until the attempts behind
 * it are on record, at most 2 s.
 */
export class CommitClock {
  readonly #options: CommitClockOptions
  #commitAtMs = 0
  #forceAtMs = 0

  constructor(options: CommitClockOptions) {
    this.#options = options
  }

  /** Called by the pulse. */
  tick(nowMs: number): void {
    const { commits, runnerCount, noteAll, flushLog, sendNoted } = this.#options
    if (nowMs < this.#commitAtMs || commits.isUnderWay) return
    this.#commitAtMs = nowMs + Math.max(commitEveryMs, commitShareMs * runnerCount())
    const forced = nowMs >= this.#forceAtMs
    if (forced) this.#forceAtMs = nowMs + forceCommitEveryMs
    noteAll(forced)
    // What these commits rest on was noted in the log before: once that is stored, so is their evidence.
    commits.holdBack(flushLog(), sendNoted)
  }

  /** The last commit, awaited for 5 s at most. Between two ownerships nothing can be committed: the next one is a moment away. */
  async last(): Promise<void> {
    const { commits, epoch, hasPairs, noteAll, flushLog } = this.#options
    await flushLog()
    const untilMs = performance.now() + lastCommitMs
    while (hasPairs() && performance.now() < untilMs) {
      noteAll(true)
      if ((await commits.send(epoch())) === 'committed') return
      await sleep(lookAgainMs)
    }
  }
}
