import type { TokenBucket } from '#shared/resilience/token-bucket.ts'
import { bucketOf } from './job-target.ts'

/** When the next item of a job may go out: as its rate allows, and not before what it was told to wait for is over. */
export class Pace {
  readonly #onTurn: () => void
  #rate: { perSecond: number; bucket: TokenBucket } | null = null
  #notBeforeMs = 0
  #timer: NodeJS.Timeout | undefined

  /** `onTurn`: a turn that could not be taken is there. */
  constructor(onTurn: () => void) {
    this.#onTurn = onTurn
  }

  /** Null: any number a second. */
  limit(perSecond: number | null): void {
    if (perSecond === (this.#rate?.perSecond ?? null)) return
    this.#rate = perSecond === null ? null : { perSecond, bucket: bucketOf(perSecond) }
  }

  wait(ms: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, performance.now() + ms)
  }

  /** Nothing has to be waited for any more. */
  goOn(): void {
    this.#notBeforeMs = 0
  }

  isWaiting(nowMs: number): boolean {
    return nowMs < this.#notBeforeMs
  }

  /** Takes the turn of one item; false when the rate has none left, and `onTurn` says when it has. */
  take(): boolean {
    const waitMs = this.#rate?.bucket.take(1) ?? 0
    if (waitMs <= 0) return true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onTurn, waitMs)
    return false
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
