import type { RetryNow } from '#shared/catalog/records.ts'
import { isWorking, type Pair } from './pair/states.ts'

/** Passes on, once, what an operator wants tried now, to the pair that owns it here. */
export type RetryRequests = { look(wallMs: number): void }

export type RetryRequestsOptions = {
  requests(): RetryNow['requests']
  pairs: ReadonlyMap<number, Pair>
  retry(pair: Pair, offset: number): void
}

/** Room for the clocks of two machines and for a takeover; what is older was asked of somebody who is gone. */
const freshMs = 5 * 60_000

export function createRetryRequests({ requests, pairs, retry }: RetryRequestsOptions): RetryRequests {
  let known: RetryNow['requests'] = []
  let passedOn: ReadonlySet<string> = new Set()
  return {
    look(wallMs) {
      const now = requests()
      if (now.length === 0 || (now === known && passedOn.size === now.length)) return
      const done = now.filter(({ id, at, partition, offset }) => {
        if (passedOn.has(id) || wallMs - Date.parse(at) > freshMs) return true
        const pair = pairs.get(partition)
        if (pair === undefined || !isWorking(pair)) return false
        retry(pair, offset)
        return true
      })
      known = now
      passedOn = new Set(done.map(({ id }) => id))
    },
  }
}
