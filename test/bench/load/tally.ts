import { type Spread, spreadOf } from '../spread.ts'
import type { Answer } from './connection.ts'

/** What became of the requests whose time lies between `open` and `close`. */
export type Tally = {
  open(nowMs: number): void
  close(nowMs: number): void
  /** `atMs` decides whether it counts: when it was due in an open loop, when it was answered in a closed one. */
  record(entry: { atMs: number; latencyMs: number; answer: Answer | 'broken' | 'missing' }): void
  report(): LoadReport
}

export type LoadReport = {
  seconds: number
  /** Requests that were answered 202, and how long those took. */
  accepted: number
  latencyMs: Spread
  /** Requests by status; `broken` where the connection ended first, `missing` where no answer came at all. */
  outcomes: Record<string, number>
  /** The first answer that was no 202. */
  refusal: { status: number; body: string } | null
}

const accepted = 202

export function createTally(): Tally {
  const latencies: number[] = []
  const outcomes: Record<string, number> = {}
  let refusal: LoadReport['refusal'] = null
  let from = Number.POSITIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  return {
    open: (nowMs) => {
      from = nowMs
    },
    close: (nowMs) => {
      until = nowMs
    },
    record({ atMs, latencyMs, answer }) {
      if (atMs < from || atMs >= until) return
      const outcome = typeof answer === 'string' ? answer : answer.status
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (outcome === accepted) latencies.push(latencyMs)
      else if (typeof answer === 'object') refusal ??= { status: answer.status, body: answer.body() }
    },
    report: () => ({
      seconds: (until - from) / 1_000,
      accepted: latencies.length,
      latencyMs: spreadOf(latencies),
      outcomes,
      refusal,
    }),
  }
}
