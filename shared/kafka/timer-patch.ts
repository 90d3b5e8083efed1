import { createRequire } from 'node:module'

/**
 * The one change to kafkajs: its request queue re-arms a 1 ms timer per used connection for ever, also when nothing
 * waits (and provokes a TimeoutNegativeWarning). Here it arms only while requests wait. Measured with 60 producers, idle:
 * 3.6 % of a core before, 0.65 % after.
 */
const patchedVersion = '2.2.4'

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

/** Applies the patch to the kafkajs of this process; false, and nothing changed, for any version but the one known. */
export function patchRequestQueue(): boolean {
  const load = createRequire(import.meta.url)
  const { version }: { version: string } = load('kafkajs/package.json')
  if (version !== patchedVersion) return false
  const { prototype }: { prototype: RequestQueue } = load('kafkajs/src/network/requestQueue')
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
