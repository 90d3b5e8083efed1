import { isDeepStrictEqual } from 'node:util'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { becauseOf, compileFilter, type EventFilter, type FilterVerdict } from '#shared/event/filter/filter.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Verdict } from './pair/states.ts'
import { judge } from './policy.ts'

/** What was filtered out since the last report. `because` explains one of the events whose expression failed. */
export type Filtered = { events: number; errors: number; because: string | null }

type Options = {
  /** This version cannot use the filter that is stored; events wait meanwhile. */
  onUnusable(detail: string): void
}

/**
 * The filter of one subscription as its pairs ask for it. Without one `judge` is the plain function that all subscriptions
 * share: it costs nothing. Another filter is another `judge`, by which the pairs see that it changed.
 */
export class Filtering {
  readonly #options: Options
  #followed: unknown
  #judge: (record: StoredRecord) => Verdict = judge
  #isActive = false
  #unusable: string | null = null
  #filtered: Filtered = { ...none }

  constructor(options: Options) {
    this.#options = options
  }

  /** Whether records are judged by more than their size. */
  get isActive(): boolean {
    return this.#isActive
  }

  get judge(): (record: StoredRecord) => Verdict {
    return this.#judge
  }

  /** The subscription changed. */
  follow({ filter: definition }: Pick<Subscription, 'filter'>, { name, defaultType }: Stream): void {
    const stream = { name, defaultType }
    if (isDeepStrictEqual([definition, stream], this.#followed)) return
    this.#followed = [definition, stream]
    const compiled = compileFilter(definition)
    const filter = compiled.kind === 'usable' ? compiled.filter : null
    this.#isActive = filter !== null
    this.#judge = filter === null ? judge : this.#judgeBy(filter, stream)
    this.#unusable = compiled.kind === 'usable' ? null : compiled.faults.map(({ detail }) => detail).join('; ')
  }

  /** To be asked last of all that may set the subscription going: it must not go without its filter. */
  requireUsable(): void {
    if (this.#unusable !== null) this.#options.onUnusable(this.#unusable)
  }

  /** What was filtered out since this was last asked; null when nothing was. */
  takeFiltered(): Filtered | null {
    if (this.#filtered.events === 0) return null
    const filtered = this.#filtered
    this.#filtered = { ...none }
    return filtered
  }

  #judgeBy(filter: EventFilter, stream: Pick<Stream, 'name' | 'defaultType'>) {
    return (record: StoredRecord): Verdict => {
      const verdict = judge(record)
      if (verdict === 'malformed-record') return verdict
      // What is too large for a dead letter is too large for an expression, but its type is at hand.
      const passed = verdict === 'deliver' ? filter.verdict(record, stream) : filter.typeVerdict(record, stream)
      return passed.kind === 'match' ? verdict : this.#noteFiltered(filter, passed)
    }
  }

  #noteFiltered({ definition }: EventFilter, verdict: FilterVerdict): 'filtered' {
    const filtered = this.#filtered
    filtered.events += 1
    if (verdict.kind === 'error') {
      filtered.errors += 1
      filtered.because ??= becauseOf(definition, verdict)
    }
    return 'filtered'
  }
}

const none: Filtered = { events: 0, errors: 0, because: null }
