const ceilingMs = 60_000

/**
 * Waits until `fact` returns something other than undefined, false or null and returns it. Gives up after 60 s (or
 * `ceiling` ms), naming `what` and the last thing seen.
 */
export async function until<T>(
  what: string,
  fact: () => T | Promise<T>,
  ceiling = ceilingMs,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + ceiling
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const seen = await fact()
      if (seen !== undefined && seen !== null && seen !== false) return seen as Exclude<T, undefined | null | false>
      last = seen
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`waited ${ceiling} ms in vain until ${what}; last seen: ${String(last)}`)
}
