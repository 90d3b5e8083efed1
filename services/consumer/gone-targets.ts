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
  #writing = 0

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
    this.#refresh()
    // In its turn, also behind one that is under way: a later change of the record then knows of it.
    this.#write()
  }

  /** The catalog changed. */
  follow(): void {
    const recorded = this.#refresh()
    if (this.#writing === 0 && this.#own.some(({ url }) => !recorded.has(url))) this.#write()
  }

  /** Gives what the record says. */
  #refresh(): ReadonlySet<string> {
    const { states, subscription } = this.#options
    const { uid, resumedAt } = subscription()
    this.#own = this.#own.filter(({ at }) => isOut(at, resumedAt))
    const recorded = new Set(states.gone(uid).map(({ url }) => url))
    this.#urls = new Set([...recorded, ...this.#own.map(({ url }) => url)])
    return recorded
  }

  #write(): void {
    const { states, subscription, onNotWritten } = this.#options
    this.#writing += 1
    states
      .takeOut(subscription().uid, [...this.#own])
      .catch(onNotWritten)
      .finally(() => {
        this.#writing -= 1
      })
  }
}
