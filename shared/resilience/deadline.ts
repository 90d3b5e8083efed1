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

/** Of a deadline that only counts the time in which this process ran. */
const slices = 5

/**
 * The same for a `work` whose answer may be here already when this process stood still for so long: the time is counted in
 * slices, and what came meanwhile is looked at before the last one counts.
 */
export function withinOwnTime<T, U>(work: Promise<T>, ms: number, otherwise: U): Promise<T | U> {
  return new Promise((resolve, reject) => {
    let left = slices
    let timer: NodeJS.Timeout
    const next = () => {
      left -= 1
      if (left < 0) setImmediate(resolve, otherwise)
      else timer = setTimeout(next, ms / slices)
    }
    next()
    const end = <V>(settle: (value: V) => void) => {
      return (value: V) => {
        clearTimeout(timer)
        settle(value)
      }
    }
    work.then(end(resolve), end(reject))
  })
}
