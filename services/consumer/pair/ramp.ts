/**
 * How many deliveries may be under way after a hold: one, then twice as many with each success up to the subscription's
 * concurrency, half as many with each failure. At full height failures change nothing: they are the events' own.
 */
export type Ramp = { limit: number; readonly top: number }

export const fullRamp = (top: number): Ramp => ({ limit: top, top })

export const restartRamp = ({ top }: Ramp): Ramp => ({ limit: 1, top })

export function climb(ramp: Ramp): Ramp {
  return ramp.limit >= ramp.top ? ramp : { limit: Math.min(ramp.top, ramp.limit * 2), top: ramp.top }
}

export function fallBack(ramp: Ramp): Ramp {
  return ramp.limit >= ramp.top ? ramp : { limit: Math.max(1, Math.floor(ramp.limit / 2)), top: ramp.top }
}
