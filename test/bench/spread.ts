/** Where a share of all values lies at or below: `p999` is 99.9 %. */
export type Spread = { p50: number; p99: number; p999: number; max: number }

/** By the nearest rank, so each is a value that occurred; NaN without values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) }
}
