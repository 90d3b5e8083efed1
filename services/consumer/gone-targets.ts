import type { GoneTarget, Subscription } from '#shared/catalog/model.ts'
import { isOut, type StateRecords } from './state-record.ts'

export type GoneTargetsOptions = {
  states: Pick<StateRecords, 'gone' | 'takeOut'>
  subscription(): Pick<Subscription, 'uid' | 'resumedAt'>
  /** Found here, for the first time since the last resume. */
  onGone(url: string, detail: string): void
  onNotWritten(error: unknown): void
}

/**
 * The targets of one subscription that answered 410: out here at once, and everywhere when the state record says so, until
 * the subscription is resumed or gets another URL. The record has several writers and the last one wins, so what it does
 * not say of our own finds is written again.
 */
export class GoneTargets {
  readonly #options: GoneTargetsOptions
  #own: GoneTarget[] = []
  #urls: ReadonlySet<string> = new Set()
  #isWriting = false

  constructor(options: GoneTargetsOptions) {
    this.#options = options
    this.follow()
  }

  has(url: string): boolean {
    return this.#urls.has(url)
  }

  add(url: string, detail: string): void {
    if (this.has(url)) return
    this.#options.onGone(url, detail)
    this.#own.push({ url, at: new Date().toISOString() })
    this.follow()
  }

  /** The catalog changed. */
  follow(): void {
    const { states, subscription } = this.#options
    const { uid, resumedAt } = subscription()
    this.#own = this.#own.filter(({ at }) => isOut(at, resumedAt))
    const recorded = new Set(states.gone(uid).map(({ url }) => url))
    this.#urls = new Set([...recorded, ...this.#own.map(({ url }) => url)])
    if (this.#own.some(({ url }) => !recorded.has(url))) this.#write(uid)
  }

  #write(uid: string): void {
    if (this.#isWriting) return
    this.#isWriting = true
    const { states, onNotWritten } = this.#options
    states
      .takeOut(uid, this.#own)
      .catch(onNotWritten)
      .finally(() => {
        this.#isWriting = false
      })
  }
}
