import { setTimeout as pause } from 'node:timers/promises'
import type { Stack } from '../../support/stack.ts'
import type { Facts } from '../check/facts.ts'
import type { Experiment } from '../experiment.ts'
import type { Gaps } from '../gaps.ts'
import type { PreparationName, Prepared } from '../preparations.ts'

/**
 * Where a fault happens. `round` lets repeated runs take other victims; `signal` ends a fault early, undone; `prepared` has
 * what the stack was started with for it.
 */
export type Scene = { stack: Stack; experiment: Experiment; round: number; signal?: AbortSignal; prepared?: Prepared }

/** How long the longest pauses that a fault causes should be at most, in ms; what they are is in gaps.ts. */
export type Targets = Partial<Gaps>

export type Fault = {
  /** One line for a list. */
  what: string
  /** Its row of the fault matrix, by which it may be called too: `K1`. */
  row?: string
  /** A longer pause is marked in the report and fails nothing. */
  targets?: Targets
  /**
   * How often partitions lose their owner without a hand-over: each time what was in flight or not committed yet may be
   * repeated.
   */
  takeovers: number
  /**
   * For how long an owner may have been unable to say what it delivered when it ends; default 400 ms, twice the pause
   * between commits; 0 where Redis and the coordinator live on.
   */
  uncommittedMs?: number
  /** Nobody may be left to answer a publisher. */
  failsRequests?: boolean
  /** How the stack must have been started, so that it can happen. */
  needs?: readonly PreparationName[]
  /** How long the load must last at least to show what it costs. */
  leastSeconds?: number
  /** Does it, writes it into the history, and waits until what was killed is started again. */
  inject(scene: Scene): Promise<void>
  /** A figure of its own beside the verdicts, and what is wrong with it. */
  look?(facts: Facts): Figure
}

export type Figure = { text: string; complaints: readonly string[] }

/** Lets a fault last; rejects as soon as it is ended early. */
export const rest = ({ signal }: { signal?: AbortSignal | undefined }, ms: number): Promise<void> =>
  pause(ms, undefined, { signal })

/** What a preparation of the stack hands to the faults that need it. */
export function given<Name extends PreparationName>({ prepared }: Scene, name: Name): NonNullable<Prepared[Name]> {
  const handle = prepared?.[name]
  if (handle === undefined) throw new Error(`the stack was not started with ${name}`)
  return handle
}

/** Whether somebody means this row, in whatever case. */
export const isRow = (row: string | undefined, text: string): boolean => row?.toLowerCase() === text.toLowerCase()
