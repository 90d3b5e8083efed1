import type { Stack } from '../../support/stack.ts'
import type { Experiment } from '../experiment.ts'

/** Where a fault happens. `round` lets repeated runs take other victims; `signal` ends a fault early, undone. */
export type Scene = { stack: Stack; experiment: Experiment; round: number; signal?: AbortSignal }

export type Fault = {
  /** One line for a list. */
  what: string
  /**
   * How often partitions change their owner, also when the victim or its replacement comes back: each time what was in
   * flight or not committed yet may be repeated.
   */
  takeovers: number
  /** For how long an owner may have been unable to commit when it ends; default 400 ms, twice the pause between commits. */
  uncommittedMs?: number
  /** Nobody may be left to answer a publisher. */
  failsRequests?: boolean
  /** Does it, writes it into the history, and waits until what was killed is started again. */
  inject(scene: Scene): Promise<void>
}
