import type { CourseSetup } from '../course.ts'

/** Nothing fails: what a fault costs is seen here without the noise of retries. */
const clean: CourseSetup = {}

/** Events are parked all the time, each for about three seconds, and their keys wait behind them; no breaker opens. */
const picky: CourseSetup = {
  members: { retry: { scheduleMs: [1_000, 3_000, 6_000, 12_000, 24_000], giveUpAfterMs: 600_000 } },
  mode: { kind: 'fail', of: { shareOfEvents: 0.02 }, times: 2, asksForRetry: true },
}

/** A slow receiver that fails one request in twenty, whichever comes. */
const shaky: CourseSetup = {
  members: { retry: { scheduleMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000], giveUpAfterMs: 600_000 } },
  mode: { kind: 'fail', of: { shareOfRequests: 0.05 }, delayMs: 20 },
}

/** One event in a hundred never succeeds and is dead-lettered when its time is over. */
const hopeless: CourseSetup = {
  members: { retry: { scheduleMs: [500, 1_000, 2_000], giveUpAfterMs: 2_000 } },
  mode: { kind: 'fail', of: { shareOfEvents: 0.01 }, asksForRetry: true },
}

/** One attempt in ten fails with a 500, the same ones in every run. */
const flaky: CourseSetup = {
  members: { retry: { scheduleMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000], giveUpAfterMs: 600_000 } },
  mode: { kind: 'fail', of: { shareOfAttempts: 0.1 } },
}

/** The subscriptions of a run, by name. */
export const mixes = { clean, picky, shaky, flaky, hopeless } as const satisfies Record<string, CourseSetup>

export type MixName = keyof typeof mixes

/** Those of a run that chooses none. */
export const usualMixes: readonly MixName[] = ['clean', 'picky', 'shaky', 'hopeless']

/** Those of a mixed run that chooses none: what fails is the same in every run. */
export const mixedRunMixes: readonly MixName[] = ['clean', 'picky', 'flaky', 'hopeless']

export const isMixName = (name: string): name is MixName => Object.hasOwn(mixes, name)
