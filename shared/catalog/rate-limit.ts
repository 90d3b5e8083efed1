import { Type } from 'typebox'

/** A rate as operators say it; `what` is counted. */
export const rateLimitOf = (what: string) =>
  Type.Object({
    perSecond: Type.Integer({ minimum: 1, maximum: 1_000_000, description: `${what} a second, on average.` }),
    burst: Type.Integer({ minimum: 1, maximum: 1_000_000, description: `${what} at once, after a quiet time.` }),
  })
