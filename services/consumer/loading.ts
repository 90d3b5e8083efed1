import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscription } from '#shared/catalog/model.ts'
import type { GroupKeeper } from '#shared/kafka/group-keeper.ts'
import { within } from '#shared/resilience/deadline.ts'
import type { RunnerEnvironment } from './environment.ts'
import { loadState, type Range } from './load.ts'
import type { Half } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import type { Pair } from './pair/states.ts'

type Assigned = Extract<Input, { kind: 'assigned' }>

export type LoadingOptions = {
  environment: Pick<RunnerEnvironment, 'states' | 'admin' | 'acks' | 'telemetry' | 'catalog'>
  subscription: Pick<Subscription, 'uid' | 'name' | 'startOffsets'>
  keeper: Pick<GroupKeeper, 'commit' | 'fetchCommitted'>
  topics: Record<Half, string>
  /** Resolves when the commits are answered that were sent before. */
  commitsAnswered(): Promise<unknown>
  epoch(): number | null
  onLoaded(pair: Pair, input: Assigned): void
  /** An operator's position passed over what stood to be delivered. */
  onSkipped(pair: Pair, range: Range): void
}

const againAfterMs = 250
/** A commit that takes longer may count or not; what it says is repeated then at worst. */
const longestCommitMs = 2_000

/** Fetches the committed state for the pairs that want it, all of them with one question, until each has its answer. */
export class Loading {
  readonly #options: LoadingOptions
  readonly #wanted = new Map<Pair, string>()
  #isRunning = false

  constructor(options: LoadingOptions) {
    this.#options = options
  }

  /** A later token of the same pair replaces the earlier one. */
  want(pair: Pair, token: string): void {
    this.#wanted.set(pair, token)
  }

  start(): void {
    if (this.#isRunning || this.#wanted.size === 0 || this.#options.epoch() === null) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    const { environment, subscription, epoch } = this.#options
    for (let current = epoch(); current !== null && this.#wanted.size > 0; current = epoch()) {
      try {
        if (!(await this.#load(current))) await sleep(againAfterMs)
      } catch (error) {
        environment.telemetry.loadFailed(subscription.name, error)
        await sleep(againAfterMs)
      }
    }
    this.#isRunning = false
  }

  /** False when the ownership ended meanwhile, or when the state of a pair is not known yet. */
  async #load(epoch: number): Promise<boolean> {
    const { environment, subscription, keeper, topics, onLoaded, onSkipped } = this.#options
    const { states, admin, acks, catalog, telemetry } = environment
    const { uid, name, startOffsets } = subscription
    const startedAtMs = performance.now()
    // They go out on another connection, where the question for what is committed could overtake them.
    await within(this.#options.commitsAnswered(), longestCommitMs, undefined)
    const asked = [...this.#wanted]
    const loaded = await loadState({
      ...{ keeper, admin, acks, topics, epoch, startOffsets, position: catalog.position(uid) },
      isStarted: () => states.isStarted(uid),
      markStarted: () => states.write(uid, { startedAt: new Date().toISOString() }),
    })
    if (loaded === null || epoch !== this.#options.epoch()) return false
    for (const [pair, token] of asked) {
      if (this.#wanted.get(pair) !== token) continue
      const found = loaded.get(pair.partition)
      // The broker that was asked may not know a new partition yet, and nobody else asks for it again.
      if (found === undefined && pair.phase !== 'gone') continue
      this.#wanted.delete(pair)
      if (found === undefined) continue
      const { skipped, ...state } = found
      for (const range of skipped) onSkipped(pair, range)
      onLoaded(pair, { kind: 'assigned', token, wallMs: Date.now(), ...state })
    }
    const isAll = asked.every(([pair, token]) => this.#wanted.get(pair) !== token)
    if (isAll) telemetry.loaded(name, { epoch, pairs: asked.length, ms: Math.round(performance.now() - startedAtMs) })
    return isAll
  }
}
