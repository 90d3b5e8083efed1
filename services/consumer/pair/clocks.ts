import type { Delivery } from './deliveries.ts'
import type { Pair } from './states.ts'

/** Since when a delivery has been failing, ms; null when nothing says so, or a success of its key made that void. */
export function clockOf({ clock, queue }: Delivery): number | null {
  if (clock === null) return null
  return clock.heldBy === null || clock.heldBy === queue.successes ? clock.sinceMs : null
}

/** The clock runs from the first failure, or from that of the head which this event waited behind. */
export function startClock(delivery: Delivery, nowMs: number): number {
  const sinceMs = clockOf(delivery) ?? nowMs
  delivery.clock = { sinceMs, heldBy: null }
  return sinceMs
}

/** It waits behind `head`: should both fail, they give up together, not one a day after the other. */
export function inheritClock(delivery: Delivery, sinceMs: number): void {
  delivery.clock = { sinceMs, heldBy: delivery.queue.successes }
}

/** A broker's time on the monotonic clock of this process; never in the future. */
export function monotonicMs({ nowMs, wallAheadMs }: Pair, wallMs: number): number {
  return Math.min(nowMs, wallMs - wallAheadMs)
}

export function wallClockMs({ wallAheadMs }: Pair, monotonic: number): number {
  return monotonic + wallAheadMs
}
