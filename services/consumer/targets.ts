import type { Subscription } from '#shared/catalog/model.ts'
import { targetsOf } from '#shared/catalog/target-names.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import type { TargetReport } from '#shared/redis/instances.ts'
import { type Candidate, choose, noTurns } from './balance.ts'
import type { GoneTargets } from './gone-targets.ts'
import type { Target, TargetState } from './target.ts'

type Spec = Subscription['destination']['targets'][number]
type Definition = Pick<Subscription, 'destination' | 'delivery'>

export type TargetsOptions = {
  subscription: Definition
  open(spec: Spec, definition: Definition): Target
  /** Those that answered 410. */
  gone: Pick<GoneTargets, 'has' | 'add' | 'follow'>
  /** 0 ≤ n < 1. Default Math.random. */
  random?(): number
}

/** An attempt that ended, and where. */
export type Ended = { target: Target; decision: Decision }

/** What all targets together come to; the hold of the subscription follows it. */
export type Standing =
  | { kind: 'up' }
  /** All that are left asked for time; the first one takes deliveries again then (monotonic ms). */
  | { kind: 'waits'; untilMs: number }
  /** None is up. `half-open`: a delivery may find out whether one is back. */
  | { kind: 'down'; state: 'open' | 'half-open' | 'probing' }
  /** All answered 410. */
  | { kind: 'gone' }

/**
 * Of the slots, for one target while others have room: one that hangs leaves the rest to the others until the evidence
 * against it is there. One that weighs more than all others together may have its weight.
 */
const largestShare = 0.5

type Entry = { spec: Spec; key: string; target: Target }

/** The targets of one subscription on this instance: who takes the next attempt, and whether anybody can. */
export class Targets {
  readonly #options: TargetsOptions
  readonly #random: () => number
  #definition: Definition
  #entries: readonly Entry[]
  #turns = noTurns

  constructor(options: TargetsOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#definition = options.subscription
    this.#entries = this.#opened([])
  }

  /**
   * The subscription or its state record changed. A target with another URL, health path or other limits is a new one, with
   * nothing known against it; the others stay.
   */
  update(definition: Definition): void {
    const { destination, delivery } = this.#definition
    this.#options.gone.follow()
    if (definition.destination === destination && definition.delivery === delivery) return
    const before = this.#entries
    this.#definition = definition
    this.#entries = this.#opened(before)
    this.#turns = noTurns
    for (const entry of before) if (!this.#entries.includes(entry)) entry.target.retire()
  }

  /**
   * The target of the next attempt; null when none can take one. `tried`: where this delivery has just failed. One that
   * may be back is asked first, with one delivery at a time.
   */
  pick(tried: readonly Target[]): Target | null {
    const states = this.#states(performance.now())
    const { balance } = this.#definition.destination
    if (states.length === 1) return this.#alone(states[0])
    const probe = this.#entries.find(({ target }, index) => !tried.includes(target) && this.#mayProbe(states, index))
    if (probe !== undefined) return probe.target
    const choice = choose(balance, this.#candidates(states, tried), { turns: this.#turns, random: this.#random() })
    if (choice === null) return null
    this.#turns = choice.turns
    return this.#entries[choice.index]?.target ?? null
  }

  /** The usual case, and it is asked for every event. */
  #alone(state: TargetState | 'gone' | undefined): Target | null {
    return state === 'up' || state === 'half-open' ? (this.#entries[0]?.target ?? null) : null
  }

  /** Does what a target asked for: to be given time, or to be taken out. */
  heed({ target, decision }: Ended): void {
    if (decision.retryAfterMs !== null) target.wait(performance.now() + decision.retryAfterMs)
    if (decision.kind === 'target-gone') this.#options.gone.add(target.url, decision.detail)
  }

  /** An operator says that all of them are up. */
  release(): void {
    for (const { target } of this.#entries) target.release()
  }

  get isComparing(): boolean {
    return this.#definition.destination.balance === 'compare'
  }

  /** The second target of a comparison, when it can take another request. */
  companion(): Target | null {
    const second = this.#entries[1]
    if (second === undefined || !this.isComparing || this.#options.gone.has(second.spec.url)) return null
    const { target } = second
    const state = target.state(performance.now())
    if (state === 'half-open') return target
    return state === 'up' && target.underWay() < this.#definition.delivery.concurrency ? target : null
  }

  isAnyUp(): boolean {
    return this.standing().kind === 'up'
  }

  standing(): Standing {
    const nowMs = performance.now()
    const states = this.#states(nowMs).filter((_, index) => this.#decides(index))
    const left = states.filter((state) => state !== 'gone')
    if (left.length === 0) return { kind: 'gone' }
    if (left.includes('up')) return { kind: 'up' }
    if (left.every((state) => state === 'waits')) return { kind: 'waits', untilMs: this.#firstWait(nowMs) }
    const state = (['half-open', 'probing'] as const).find((one) => left.includes(one))
    return { kind: 'down', state: state ?? 'open' }
  }

  /** Wall clock of the next probe of any; null when none is planned. */
  nextProbeAtMs(): number | null {
    const times = this.#entries.flatMap(({ spec, target }, index) =>
      this.#decides(index) && !this.#options.gone.has(spec.url) ? [target.nextProbeAtMs()] : [],
    )
    const planned = times.filter((time) => time !== null)
    return planned.length === 0 ? null : Math.min(...planned)
  }

  reports(): TargetReport[] {
    return this.#entries.map(({ spec: { url }, target }) => {
      const breaker = target.breaker()
      const healthy = breaker === 'closed' && !this.#options.gone.has(url)
      return { url, breaker, lastError: target.lastError(), healthy }
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ target }) => target.close()))
  }

  #opened(known: readonly Entry[]): Entry[] {
    const { destination } = this.#definition
    return targetsOf(destination).map((spec) => {
      const key = keyOf(spec, this.#definition)
      const same = known.find((entry) => entry.key === key)
      if (same === undefined) return { spec, key, target: this.#options.open(spec, this.#definition) }
      same.spec = spec
      return same
    })
  }

  #states(nowMs: number): (TargetState | 'gone')[] {
    return this.#entries.map(({ spec, target }) => (this.#options.gone.has(spec.url) ? 'gone' : target.state(nowMs)))
  }

  #candidates(states: readonly (TargetState | 'gone')[], tried: readonly Target[]): Candidate[] {
    const { destination, delivery } = this.#definition
    const weightOf = ({ weight }: Spec) => (destination.balance === 'round-robin' ? 1 : weight)
    const weights = this.#entries.map(({ spec }, index) => (states[index] === 'up' ? weightOf(spec) : 0))
    const all = weights.reduce((sum, weight) => sum + weight, 0)
    return this.#entries.map(({ spec, target }, index) => {
      const slots = delivery.concurrency * Math.max(largestShare, (weights[index] ?? 0) / all)
      const underWay = target.underWay()
      return {
        ...{ weight: spec.weight, backup: spec.backup, isUp: states[index] === 'up', underWay },
        isFull: underWay >= Math.min(target.limit(), slots),
        isTried: tried.includes(target),
      }
    })
  }

  /** Half-open, and it would serve if it were up: what only stands by is not asked before it is needed. */
  #mayProbe(states: readonly (TargetState | 'gone')[], index: number): boolean {
    if (states[index] !== 'half-open' || !this.#decides(index)) return false
    const up = [...states.keys()].filter((one) => states[one] === 'up' && this.#decides(one))
    const isBackup = (one: number) => this.#entries[one]?.spec.backup === true
    if (isBackup(index) && up.some((one) => !isBackup(one))) return false
    if (this.#definition.destination.balance !== 'primary-backup') return true
    return up.every((one) => index < one || (isBackup(one) && !isBackup(index)))
  }

  /** What the second target of a comparison does is nobody's hold. */
  #decides(index: number): boolean {
    return index === 0 || !this.isComparing
  }

  #firstWait(nowMs: number): number {
    const waits = this.#entries.filter(({ spec }, index) => this.#decides(index) && !this.#options.gone.has(spec.url))
    return Math.min(...waits.map(({ target }) => Math.max(nowMs, target.waitsUntilMs())))
  }
}

/** Everything that a target is opened with: its own, and what the subscription says of all of them. */
function keyOf({ url, healthPath }: Spec, { destination, delivery }: Definition): string {
  const { balance: _, targets: __, ...ofAll } = destination
  const { timeoutMs, connectTimeoutMs, concurrency, onStatus } = delivery
  return JSON.stringify([url, healthPath, ofAll, timeoutMs, connectTimeoutMs, concurrency, onStatus])
}
