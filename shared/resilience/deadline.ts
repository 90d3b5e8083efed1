/** What `withDeadline` gives when the time passed first. */
export const deadlinePassed = Symbol('deadline passed')

/**
 * The value of `promise`, or `deadlinePassed` after `ms` of monotonic time; then the promise goes on, and a rejection that
 * comes too late is swallowed: whoever sets a deadline has decided what a missing answer means.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T | typeof deadlinePassed> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<typeof deadlinePassed>((resolve) => {
    timer = setTimeout(resolve, ms, deadlinePassed)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
