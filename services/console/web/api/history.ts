import { get } from './client.ts'

/** What the console asks of one question at most. */
const mostSeries = 20

type Answer = { series: { name: string; values: (number | null)[] }[] }

/** What is asked for: series by name (`<kind>/<stream or subscription>`), over the last `seconds`, in steps. */
export type HistoryQuestion = { series: readonly string[]; seconds: number; stepSeconds: number }

/** One value of each step, oldest first, by series; null where nothing is known. The last step is not over yet. */
export async function readHistory(
  { series, seconds, stepSeconds }: HistoryQuestion,
  signal?: AbortSignal,
): Promise<Map<string, (number | null)[]>> {
  const since = new Date(Date.now() - seconds * 1000).toISOString()
  const questions = []
  for (let first = 0; first < series.length; first += mostSeries) {
    const names = series.slice(first, first + mostSeries).join(',')
    questions.push(get<Answer>('/v1/history', { series: names, since, stepSeconds }, signal))
  }
  const answers = await Promise.all(questions)
  return new Map(answers.flatMap((answer) => answer.series.map(({ name, values }) => [name, values] as const)))
}

/** Sums of several series, step by step; a gap where none of them is known. */
export function addedUp(all: readonly (readonly (number | null)[])[]): (number | null)[] {
  const length = Math.max(0, ...all.map((one) => one.length))
  return Array.from({ length }, (_, index) => {
    const known = all.map((one) => one[index]).filter((value) => typeof value === 'number')
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  })
}
