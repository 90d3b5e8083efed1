import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { type Comparison, compare } from '#shared/delivery/comparison.ts'
import type { LoggedComparison } from '#shared/delivery/log/entries.ts'
import { sizeOf } from './pair/deliveries.ts'
import type { Attempted, Target } from './target.ts'
import type { Targets } from './targets.ts'

/** `partition`: of the stream. */
export type Compared = LoggedComparison & { partition: number }

export type ComparingOptions = {
  targets: Pick<Targets, 'isComparing' | 'companion' | 'heed'>
  /** The second target had its turn, or had none. */
  onCompared(compared: Compared): void
  /** A bug. */
  onBroken(error: unknown): void
}

/**
 * Events that second targets have not answered, of one runner. The first target is done with them, so no inbox counts them:
 * 16 of the largest ones, or 64 of 128 KB, which is what a subscription has under way by default.
 */
const mostBytesUnderWay = 8 * 1024 * 1024

/**
 * Sends what the first of two targets gets to the second one too, and compares the answers. The second one decides nothing and
 * nobody waits for it: while it is slow it has requests and bytes of its own under way up to a limit, what is beyond is
 * skipped. Nor does it take from the rate of the subscription: it gets no more than the first one.
 */
export class Comparing {
  readonly #options: ComparingOptions
  #bytesUnderWay = 0

  constructor(options: ComparingOptions) {
    this.#options = options
  }

  /** An attempt at the first target has begun. Says whether it is compared: `onCompared` tells later, or at once. */
  follow(primary: Promise<Attempted | null>, request: AttemptRequest): boolean {
    const { targets, onBroken } = this.#options
    if (!targets.isComparing) return false
    const bytes = sizeOf(request.record)
    const target = this.#bytesUnderWay + bytes > mostBytesUnderWay ? null : targets.companion()
    if (target === null) {
      this.#tell(request, { kind: 'skipped' }, null)
      return true
    }
    this.#bytesUnderWay += bytes
    this.#compare(primary, { ...request, url: target.url }, target)
      .finally(() => {
        this.#bytesUnderWay -= bytes
      })
      .catch(onBroken)
    return true
  }

  async #compare(primary: Promise<Attempted | null>, request: AttemptRequest, target: Target): Promise<void> {
    const [mine, theirs] = await Promise.all([primary, target.attempt(request)])
    this.#tell(request, compare(mine?.result ?? undefined, theirs?.result ?? undefined), target.url)
    if (theirs !== null) this.#options.targets.heed({ target, decision: theirs.decision })
  }

  /** Places are taken from the request: the delivery may be over, and its record given back. */
  #tell({ record: { partition, offset }, number }: AttemptRequest, comparison: Comparison, url: string | null): void {
    this.#options.onCompared({ partition, offset, number, atMs: Date.now(), url, comparison })
  }
}
