import { heldByOperator, type Subscription } from '#shared/catalog/model.ts'
import type { RunnerEnvironment } from './environment.ts'
import { changeHold, type Flow, type HoldChange } from './pair/flow.ts'
import { reasonOf } from './pair/hold.ts'
import type { Standing } from './targets.ts'

export type HoldControlOptions = {
  environment: Pick<RunnerEnvironment, 'telemetry' | 'states'>
  flow: Flow
  subscription(): Pick<Subscription, 'uid' | 'name' | 'paused' | 'heldAt'>
  /** Why it delivers nothing is another reason now; null: it delivers. */
  onReason(reason: string | null): void
  /** The hold began or ended. */
  onChange(change: 'hold' | 'release'): void
  /** An operator set a subscription going again whose position was lost. */
  onFound(): void
}

/** Why a runner delivers nothing now, and who is told: its pairs, the log, the state record. */
export class HoldControl {
  readonly #options: HoldControlOptions
  #since = new Date().toISOString()
  #isFailing = false

  constructor(options: HoldControlOptions) {
    this.#options = options
  }

  /** Wall clock: since when the reason is what it is. */
  get since(): string {
    return this.#since
  }

  change(change: HoldChange): void {
    const { flow, onChange } = this.#options
    const before = reasonOf(flow.hold)
    const result = changeHold(flow, change, performance.now())
    const after = reasonOf(flow.hold)
    if (after !== before) this.#note(after)
    if (result !== 'same') onChange(result === 'began' ? 'hold' : 'release')
  }

  /** Follows what all targets together come to. What begins is said before what ends, so nothing starts in between. */
  followTargets(standing: Standing): void {
    switch (standing.kind) {
      case 'up':
        this.change({ kind: 'breaker', state: 'closed' })
        this.change({ kind: 'end-wait' })
        return
      case 'waits':
        this.change({ kind: 'wait', untilMs: standing.untilMs })
        this.change({ kind: 'breaker', state: 'closed' })
        return
      case 'down':
        this.change({ kind: 'breaker', state: standing.state === 'probing' ? 'open' : standing.state })
        if (standing.state === 'probing') this.change({ kind: 'probe' })
        this.change({ kind: 'end-wait' })
        return
      case 'gone':
        if (this.#options.flow.hold.paused === null) this.fail('receiver-gone', 'every target answered 410')
        return
      default:
        standing satisfies never
    }
  }

  /** An end that only an operator can undo; the other instances hear of it through the state record. */
  fail(reason: string, detail: string): void {
    const { environment, flow, subscription } = this.#options
    const { telemetry, states } = environment
    const { uid, name } = subscription()
    if (flow.hold.paused === reason) return
    telemetry.failed(name, { reason, detail })
    this.change({ kind: 'pause', reason })
    this.#isFailing = true
    states
      .write(uid, { reason })
      .catch((error: unknown) => telemetry.stateNotWritten(uid, error))
      .finally(() => {
        this.#isFailing = false
      })
  }

  /** Follows the catalog: what the operator said, or what some instance found out. */
  follow(): void {
    // The state record does not say yet what this runner found out.
    if (this.#isFailing) return
    const { environment, flow, subscription, onFound } = this.#options
    const { uid, paused, heldAt } = subscription()
    const before = flow.hold.paused
    const held = heldAt === null ? null : heldByOperator
    const reason = paused ? 'operator' : (environment.states.reason(uid) ?? held)
    if (before === reason) return
    this.change({ kind: 'pause', reason })
    if (before === 'offsets-lost') onFound()
  }

  #note(reason: string | null): void {
    const { environment, subscription, onReason } = this.#options
    this.#since = new Date().toISOString()
    onReason(reason)
    if (reason === null) environment.telemetry.holdEnded(subscription().name)
    else environment.telemetry.holdBegan(subscription().name, reason)
  }
}
