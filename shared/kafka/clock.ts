import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'

/** Time as the lanes see it, so that tests can drive it. `now` is monotonic milliseconds. */
export type Clock = {
  now(): number
  sleep(ms: number): Promise<void>
  /** After what this turn of the event loop still brings. */
  turn(): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => wait(ms),
  turn: () => nextTurn(),
}
