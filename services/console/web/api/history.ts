import { get } from './client.ts'

/** One series of sums by step; a value of null means that nothing is known of that step. */
export type Series = { series: string; points: { at: string; value: number | null }[] }
type Answer = { items: Series[] }

/** What is asked for: series by name, over the last `seconds`, in steps. */
export type HistoryQuestion = { series: readonly string[]; seconds: number; stepSeconds: number }

/** Values by series, oldest first; series of which nothing is known are empty. */
export async function readHistory(
  { series, seconds, stepSeconds }: HistoryQuestion,
  signal?: AbortSignal,
): Promise<Map<string, (number | null)[]>> {
  if (series.length === 0) return new Map()
  const since = new Date(Date.now() - seconds * 1000).toISOString()
  const { items } = await get<Answer>('/v1/history', { series: series.join(','), since, stepSeconds }, signal)
  return new Map(items.map((one) => [one.series, one.points.map(({ value }) => value)]))
}

/** Sums of several series, step by step; a gap where none of them is known. */
export function addedUp(all: readonly (readonly (number | null)[])[]): (number | null)[] {
  const length = Math.max(0, ...all.map((one) => one.length))
  return Array.from({ length }, (_, index) => {
    const known = all.map((one) => one[index]).filter((value) => typeof value === 'number')
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  })
}
