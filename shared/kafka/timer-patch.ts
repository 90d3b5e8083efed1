import { patchable } from './patched-client.ts'

/** kafkajs calls back this often while requests wait for a free slot rather than for the end of a throttle. */
const checkEveryMs = 10

/** What the patch uses of kafkajs/src/network/requestQueue. */
export type RequestQueue = {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

/**
 * The request queue of kafkajs re-arms a 1 ms timer per used connection for ever, also when nothing waits (and provokes a
 * TimeoutNegativeWarning). Here it arms only while requests wait. Measured with 60 producers, idle: 3.6 % of a core before,
 * 0.65 % after. False, and nothing changed, for an unknown version.
 */
export function patchRequestQueue(): boolean {
  const prototype = patchable<{ prototype: RequestQueue }>('network/requestQueue')?.prototype
  if (prototype === undefined) return false
  prototype.scheduleCheckPendingRequests = scheduleCheck
  return true
}

function scheduleCheck(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : checkEveryMs,
  )
}
