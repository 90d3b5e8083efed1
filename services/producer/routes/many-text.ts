import { inSlices } from '#shared/resilience/slices.ts'
import type { ManyPublished } from '../many-answer.ts'

/** 500 results take about half a millisecond. */
const resultsAtATime = 500

/** The answer about many events as JSON, made in slices: 10,000 results would take longer than one may. */
export async function manyText({ results, ...head }: ManyPublished): Promise<string> {
  const slices = inSlices()
  const texts: string[] = []
  for (let from = 0; from < results.length; from += resultsAtATime) {
    texts.push(JSON.stringify(results.slice(from, from + resultsAtATime)).slice(1, -1))
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return `${JSON.stringify(head).slice(0, -1)},"results":[${texts.join(',')}]}`
}
