import { setImmediate as nextTurn } from 'node:timers/promises'

/** Long work in slices: between two of them everything else that waits gets its turn of the event loop. */
export type Slices = {
  /** Call between two steps: undefined while the slice lasts, else a promise of the next turn, after which a new one begins. */
  pause(): Promise<void> | undefined
}

type Options = { now?: () => number; turn?: () => Promise<unknown> }

/** With a step of at most 3 ms (an event of 512 KiB takes 2) and a pause of the garbage collector, below 10 ms. */
const sliceMs = 4

/** Slices of 4 ms of monotonic time; `now` in ms and `turn` are for tests. */
export function inSlices({ now = () => performance.now(), turn = () => nextTurn() }: Options = {}): Slices {
  let since = now()
  return {
    pause() {
      if (now() - since < sliceMs) return undefined
      return turn().then(() => {
        since = now()
      })
    },
  }
}
