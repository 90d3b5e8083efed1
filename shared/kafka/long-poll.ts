/** How long a broker holds a fetch that finds nothing, and how far heartbeats are apart at least; ms. */
export type Pace = { readonly waitMs: number; readonly heartbeatMs: number }

/** The first is also how late a resume may be noticed while all partitions of a broker are paused. */
export const busyPace: Pace = { waitMs: 250, heartbeatMs: 500 }
/** Of a resting group: shared by all that rest in this process, so hundreds of them ask no more often than a few dozen. */
const restingMsPerGroup = 10
/** A request that is not answered in 2.5 s counts as lost, and this machine may be slow. */
const longestMs = 1_500
const restsAfterMs = 5_000

const polls = new Map<string, LongPoll>()

type Options = {
  groupId: string
  /** A group that may rest waits longer for its next record to be missing, never for the record itself. */
  mayRest: boolean
  /** Whether any partition is paused: only a fetch that leaves none out notices everything. */
  isPaused(): boolean
}

/**
 * How long the broker may hold the fetches of one group. Each quiet group costs requests to every broker, and they are all
 * that an idle consumer does: 200 groups at 250 ms are 2,400 a second, a third of a core here and more at the brokers.
 *
 *   busy     250 ms, and a heartbeat every 500 ms
 *   resting  after 5 s without records, seeks and pauses: 10 ms for each group of this process, 250 ms to 1.5 s
 *
 * Heartbeats of a resting group go out as rarely. What that costs: a rebalance of the group is noticed and waited for longer.
 */
export class LongPoll {
  readonly #options: Options
  #busyUntilMs = 0

  constructor(options: Options) {
    this.#options = options
    this.stir()
    polls.set(options.groupId, this)
  }

  /** Something happens in the group. */
  stir(): void {
    this.#busyUntilMs = performance.now() + restsAfterMs
  }

  get pace(): Pace {
    const { mayRest, isPaused } = this.#options
    if (!mayRest || performance.now() < this.#busyUntilMs || isPaused()) return busyPace
    return { waitMs: restingMs(), heartbeatMs: Math.max(restingMs(), busyPace.heartbeatMs) }
  }

  close(): void {
    if (polls.get(this.#options.groupId) === this) polls.delete(this.#options.groupId)
  }
}

const restingMs = () => Math.min(longestMs, Math.max(busyPace.waitMs, restingMsPerGroup * polls.size))

/** Undefined for a group that no `LongPoll` was opened for. */
export const longPollOf = (groupId: string): LongPoll | undefined => polls.get(groupId)

/** How much longer than usual a group that may rest can be silent, ms. */
export const restingSlackMs = (): number => restingMs() - busyPace.waitMs
