import type { Subscription } from '#shared/catalog/model.ts'
import {
  compareMismatch,
  held,
  lagging,
  type OpsEvent,
  paused,
  released,
  retentionNear,
} from '#shared/catalog/ops/events.ts'
import type { OpsEvents } from '#shared/catalog/ops/ops-events.ts'
import { phaseOfReason } from '#shared/catalog/phases.ts'
import type { Comparison, Side } from '#shared/delivery/comparison.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { originOf } from '#shared/delivery/origin-of.ts'
import { positionOf } from '#shared/event/record.ts'
import type { Standing } from '#shared/redis/instances.ts'
import type { Burial } from './pair/deliveries.ts'
import { tellDeadLetter } from './tell-dead-letter.ts'

export type OpsWatchOptions = {
  ops: OpsEvents
  subscription(): Pick<Subscription, 'name' | 'uid' | 'stream' | 'destination'>
  /** Of the stream. */
  retentionMs(): number
  /** Oldest events older than this are told. */
  laggingAfterMs: number
  standing(): Standing
  lastError(): string | null
  /**
   * Owns partition 0: that one tells of holds while Redis cannot be asked. Of all instances one does, but nobody between the
   * death of an owner and the next one, or before the first.
   */
  isSpeaker(): boolean
}

type Place = { partition: number; offset: number }
/** `before`: what everybody else was told last, as far as this instance knows. */
type Change = { value: string; before: string; reason: string | null; isNews: boolean; untilMs: number }
type Mismatch = Extract<Comparison, { kind: 'mismatch' }>

const everyMs = 1_000
/**
 * What could not be told is told by whoever comes to own partition 0 within this time: longer than it is without an owner.
 * Later on it has had one, who told it.
 */
const untoldMs = 30_000
/** Of the retention, what the oldest undelivered event has lived through. */
const levels = [0.5, 0.8]
/** An episode of lagging is over below this share of the limit, and told again after this time at the earliest. */
const overShare = 0.5
const laggingAgainMs = 600_000
const oneHourMs = 3_600_000

/**
 * Tells operators what happens to one subscription. Every instance watches its own part; the marks make one event of what
 * several see.
 *
 *   phase   active → held → active, any → paused → active; `target-waits` is a pause of seconds and counts as active
 *   lag     fine → lagging (told) → fine
 *   level   none → 0.5 (told) → 0.8 (told) → none
 */
export class OpsWatch {
  readonly #options: OpsWatchOptions
  #phase = 'active'
  #isWatching = false
  #hasSucceeded = false
  /** The last change, while it may be that nobody told it: this instance could not. */
  #untold: Change | null = null
  #dueMs = 0
  #isLagging = false
  #level = 0

  constructor(options: OpsWatchOptions) {
    this.#options = options
  }

  /** The reason why it delivers nothing became another one; null: it delivers. */
  reasonChanged(reason: string | null): void {
    const value = toldAs(reason)
    if (value === this.#phase) return
    const before = this.#untold?.before ?? this.#phase
    this.#phase = value
    this.#tell({ value, before, reason, isNews: this.#isWatching, untilMs: performance.now() + untoldMs })
  }

  #tell(change: Change): void {
    const { ops, subscription, isSpeaker } = this.#options
    const { value, before, isNews } = change
    this.#untold = null
    const telling = ops.raiseChange({
      ...{ mark: `phase:${subscription().uid}`, value, before, isSpeaker: isSpeaker() },
      eventOf: (was) => this.#eventOf(change, was),
    })
    void telling.then((isTold) => {
      if (!isTold && isNews && value === this.#phase) this.#untold = change
    })
  }

  #eventOf({ value, reason, isNews }: Change, was: string): OpsEvent | null {
    if (!isNews || was === value) return null
    const { subscription, standing, lastError } = this.#options
    const { lagEvents } = standing()
    if (value === 'held') return held(subscription(), { reason: reason ?? '', lagEvents, lastError: lastError() })
    if (value !== 'active') return paused(subscription(), { reason: reason ?? '' })
    return was === 'held' ? released(subscription(), { lagEvents }) : null
  }

  /** A delivery succeeded. The first one ends a hold that was told before all instances stopped, and was over when they came back. */
  succeeded(): void {
    if (this.#hasSucceeded || this.#phase !== 'active') return
    this.#hasSucceeded = true
    const { ops, subscription, standing } = this.#options
    void ops.raiseChange({
      ...{ mark: `phase:${subscription().uid}`, value: 'active', before: 'active', isSpeaker: false },
      eventOf: (was) => (was === 'held' ? released(subscription(), { lagEvents: standing().lagEvents }) : null),
    })
  }

  buried(partition: number, offset: number, burial: Burial): void {
    const { ops, subscription } = this.#options
    tellDeadLetter(ops, { subscription: subscription(), partition, offset, burial, job: null })
  }

  /** `other`: URL of the second target; the first one of the subscription is the one that counts. */
  mismatched({ partition, offset }: Place, comparison: Mismatch, other: string): void {
    const { ops, subscription } = this.#options
    const { name, stream, destination } = subscription()
    const sideOf = (target: string, { status, bodySha256 }: Side) => ({
      ...{ target: originOf(target), status, bodySha256 },
    })
    const facts = { id: deliveryId(name, partition, offset), position: positionOf(stream, partition, offset) }
    const primary = sideOf(destination.targets[0]?.url ?? '', comparison.primary)
    ops.raise(compareMismatch(subscription(), { ...facts, primary, other: sideOf(other, comparison.other) }))
  }

  /** Called by the pulse. What was so before the first call is no news. */
  tick(nowMs: number): void {
    this.#isWatching = true
    if (nowMs < this.#dueMs) return
    this.#dueMs = nowMs + everyMs
    this.#tellLate(nowMs)
    const { standing, retentionMs } = this.#options
    const now = standing()
    const ageMs = now.oldestInStreamMs === null ? 0 : Math.max(0, Date.now() - now.oldestInStreamMs)
    this.#watchLag(ageMs, now)
    this.#watchRetention(ageMs, now, retentionMs())
  }

  #tellLate(nowMs: number): void {
    const untold = this.#untold
    if (untold === null) return
    if (nowMs >= untold.untilMs) this.#untold = null
    else if (this.#options.isSpeaker()) this.#tell(untold)
  }

  #watchLag(ageMs: number, standing: Standing): void {
    const { ops, subscription, laggingAfterMs } = this.#options
    const wasLagging = this.#isLagging
    if (ageMs < laggingAfterMs * overShare) this.#isLagging = false
    // One that is held or paused lags for a reason that was told.
    if (wasLagging || ageMs <= laggingAfterMs || this.#phase !== 'active') return
    this.#isLagging = true
    const { uid } = subscription()
    ops.raiseOnce(lagging(subscription(), lagOf(ageMs, standing)), `lagging:${uid}`, laggingAgainMs)
  }

  #watchRetention(ageMs: number, standing: Standing, retentionMs: number): void {
    const { ops, subscription } = this.#options
    const used = levels.findLast((level) => ageMs >= level * retentionMs) ?? 0
    const before = this.#level
    this.#level = used
    if (used <= before) return
    const facts = { ...lagOf(ageMs, standing), used, retentionMs }
    const { uid } = subscription()
    ops.raiseOnce(retentionNear(subscription(), facts), `retention:${uid}:${used}`, oneHourMs)
  }
}

/** A wait that a target asked for lasts seconds. Whatever an operator has to end is told as a pause. */
function toldAs(reason: string | null): string {
  if (reason === null || reason === 'target-waits') return 'active'
  return phaseOfReason(reason) === 'held' ? 'held' : `paused:${reason}`
}

function lagOf(ageMs: number, { lagEvents, oldestInStreamMs }: Standing) {
  const oldestAt = new Date(oldestInStreamMs ?? Date.now()).toISOString()
  return { lagSeconds: Math.round(ageMs / 100) / 10, lagEvents, oldestAt }
}
