/**
 * Resolves with `work`, or with `otherwise` after `ms` of monotonic time; then the work goes on, and a rejection that comes
 * too late is swallowed: whoever sets a deadline has decided what a missing answer means.
 */
export async function within<T, U>(work: Promise<T>, ms: number, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<U>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
