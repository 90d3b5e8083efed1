import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Half } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import type { Pair } from './pair/states.ts'

export type LogStartsOptions = {
  admin: Pick<KafkaAdmin, 'offsets'>
  topics: Record<Half, string>
  pairs: ReadonlyMap<number, Pair>
  apply(pair: Pair, input: Input): void
}

const everyMs = 60_000

/** Tells pairs where their logs begin: retention may pass a position in a long hold, and trimming one that is read again. */
export class LogStarts {
  readonly #options: LogStartsOptions
  #dueMs = performance.now() + everyMs

  constructor(options: LogStartsOptions) {
    this.#options = options
  }

  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return
    this.#dueMs = nowMs + everyMs
    void this.look('stream')
    void this.look('retry')
  }

  /** Asks for one half of all pairs, or of one. What cannot be asked now is asked again in a minute. */
  async look(of: Half, only?: Pair): Promise<void> {
    const { admin, topics, pairs, apply } = this.#options
    const bounds = await admin.offsets(topics[of]).catch(() => [])
    for (const { partition, low } of bounds) {
      const pair = pairs.get(partition)
      const isAsked = only === undefined || only === pair
      if (pair !== undefined && isAsked) apply(pair, { kind: 'log-start', of, offset: low })
    }
  }
}
