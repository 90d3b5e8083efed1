/**
 * Whether this process has been running all the time. A process that stood still (SIGSTOP, a paused machine, a long
 * collection) may have lost its partitions without noticing; it starts nothing before a heartbeat says otherwise.
 */
export type Pulse = {
  /** When the last standstill was noticed, monotonic ms; -Infinity for never. */
  stalledAtMs(nowMs: number): number
  close(): void
}

export const pulseEveryMs = 100
const stallMs = 1_000

/** `onBeat` runs ten times a second: the one timer behind due times and holds of all runners. */
export function startPulse(onBeat: (nowMs: number) => void): Pulse {
  let beatAtMs = performance.now()
  let stalledAtMs = Number.NEGATIVE_INFINITY
  // Asked also between beats: after a thaw, answers of receivers are handled before any timer.
  const look = (nowMs: number) => {
    if (nowMs - beatAtMs > stallMs) stalledAtMs = nowMs
    return stalledAtMs
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    look(nowMs)
    beatAtMs = nowMs
    onBeat(nowMs)
  }, pulseEveryMs)
  return { stalledAtMs: look, close: () => clearInterval(timer) }
}
