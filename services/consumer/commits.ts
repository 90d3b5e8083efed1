import type { CommitEntry, GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { Effect } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import type { Pair } from './pair/states.ts'

type Commit = Extract<Effect, { kind: 'commit' }>
type Noted = { pair: Pair; commit: Commit }

export type CommitResult = 'committed' | 'stale' | 'failed'

export type CommitsOptions = {
  /** The stream's topic and the retry topic. */
  topics: { stream: string; retry: string }
  /** Sends one request under the ownership `epoch`; see `GroupKeeper.commit`. */
  send: GroupKeeper['commit']
  onAnswer(pair: Pair, input: Extract<Input, { kind: 'committed' | 'commit-failed' }>): void
  onResult(result: CommitResult, truncated: boolean): void
}

/**
 * The only file that moves offsets. What the pairs of a runner ask for in one turn goes out in one request, both halves of
 * each pair together.
 */
export class Commits {
  readonly #options: CommitsOptions
  #noted: Noted[] = []
  /** Of the noted ones, the first so many wait for the attempts behind them to be on record. */
  #heldBack = 0
  #awaited: Promise<void> | null = null
  #underWay = 0
  #answered: Promise<unknown> = Promise.resolve()

  constructor(options: CommitsOptions) {
    this.#options = options
  }

  /** Sent and not answered, or held back. */
  get isUnderWay(): boolean {
    return this.#underWay > 0 || this.#heldBack > 0
  }

  /** Resolves when everything that was sent before the call is answered. Never rejects. */
  get answered(): Promise<unknown> {
    return this.#answered
  }

  get isAnyNoted(): boolean {
    return this.#noted.length > 0
  }

  /** Something was noted that nothing holds back: it goes out now, and takes what is held back along. */
  get isAnyReady(): boolean {
    return this.#noted.length > this.#heldBack
  }

  note(pair: Pair, commit: Commit): void {
    this.#noted.push({ pair, commit })
  }

  /**
   * The request goes out before this function returns for the first time, so a commit in the last moment of an ownership
   * still counts. Without an ownership nothing is sent. `committed` also when nothing was noted.
   */
  async send(epoch: number | null): Promise<CommitResult> {
    const noted = this.#noted
    if (noted.length === 0) return 'committed'
    this.#noted = []
    this.#heldBack = 0
    this.#underWay += 1
    const { send, onResult } = this.#options
    const sent = epoch === null ? Promise.resolve('stale' as const) : send(epoch, this.#entriesOf(noted))
    const answer: Promise<CommitResult> = sent.catch(() => 'failed')
    this.#answered = Promise.all([this.#answered, answer])
    const result = await answer
    this.#underWay -= 1
    onResult(
      result,
      noted.some(({ commit }) => commit.truncated),
    )
    for (const one of noted) this.#answer(one, result)
    return result
  }

  /**
   * Holds back what is noted until `logged` resolves, the attempts behind it being on record then; `send` says that the time
   * has come, unless the commits were sent meanwhile: before the end of an ownership nothing waits. Null: nothing to wait for.
   */
  holdBack(logged: Promise<void> | null, send: () => void): void {
    if (logged === null || this.#noted.length === 0) {
      send()
      return
    }
    this.#heldBack = this.#noted.length
    this.#awaited = logged
    void logged.then(() => {
      if (this.#awaited !== logged) return
      this.#heldBack = 0
      send()
    })
  }

  /** From here on nothing is held back. */
  release(): void {
    this.#heldBack = 0
  }

  /** Of two commits of one pair the later one counts. */
  #entriesOf(noted: readonly Noted[]): CommitEntry[] {
    const { stream, retry } = this.#options.topics
    const latest = new Map(noted.map(({ pair, commit }) => [pair.partition, commit]))
    return [...latest].flatMap(([partition, { offset, metadata, retryOffset }]) => [
      { topic: stream, partition, offset, metadata },
      { topic: retry, partition, offset: retryOffset, metadata: '' },
    ])
  }

  #answer({ pair, commit: { token, offset, retryOffset } }: Noted, result: CommitResult): void {
    const isDone = result === 'committed'
    this.#options.onAnswer(
      pair,
      isDone ? { kind: 'committed', token, offset, retryOffset } : { kind: 'commit-failed', token },
    )
  }
}
