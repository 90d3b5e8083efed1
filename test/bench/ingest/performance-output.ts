import type { Spread } from '../spread.ts'

/** What ProducerPerformance says at its end; `records` counts all, the rest only those after the warm-up. */
export type PerformanceSummary = { records: number; measured: number; perSecond: number; latencyMs: Spread }

const summaryLine =
  /^(\d+)( steady state)? records sent, ([\d.]+) records\/sec .* ([\d.]+) ms max latency, (\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th\.$/

/** Throws with the whole output when a summary is missing, which is what a failed run leaves. */
export function readPerformance(output: string): PerformanceSummary {
  const summaries = output.split('\n').flatMap((line) => {
    const match = summaryLine.exec(line.trim())
    return match === null ? [] : [match]
  })
  const all = summaries.find(([, , steady]) => steady === undefined)
  const steady = summaries.find(([, , name]) => name !== undefined)
  if (all === undefined || steady === undefined) throw new Error(`ProducerPerformance did not finish:\n${output}`)
  const [, measured, , perSecond, max, p50, p99, p999] = steady
  return {
    records: Number(all[1]),
    measured: Number(measured),
    perSecond: Number(perSecond),
    latencyMs: { p50: Number(p50), p99: Number(p99), p999: Number(p999), max: Number(max) },
  }
}
