import { figure } from '../table.ts'
import type { Measurement } from './measurement.ts'
import type { Goals } from './scenarios.ts'

/** The goals of a scenario in words, and those that were missed, with what was reached instead. */
export type Verdict = { goals: string; missed: string[] }

/** A figure that has a goal: what stands before and behind it, and with how many decimals. */
type Figure = { name: string; unit: string; decimals: number; value: number | undefined }

type Check = { goal: string; miss: string; isMet: boolean }

/** `kafka`: what Kafka's own tool reached in the same run; without it, or without a figure, nothing is said about a goal. */
export function judge(goals: Goals, measured: Measurement, kafka: Measurement | undefined): Verdict {
  const { eventsPerSecond, latencyMs, cpuPer10k, residentMb } = measured
  const share = kafka === undefined ? undefined : eventsPerSecond / kafka.eventsPerSecond
  const checks = [
    atLeast(goals.perSecond, { name: '', unit: '/s', decimals: 0, value: eventsPerSecond }),
    atLeast(goals.shareOfKafka, { name: '', unit: ' of kafka', decimals: 2, value: share }),
    atMost(goals.p50Ms, { name: 'p50 ', unit: ' ms', decimals: 1, value: latencyMs.p50 }),
    atMost(goals.p99Ms, { name: 'p99 ', unit: ' ms', decimals: 1, value: latencyMs.p99 }),
    atMost(goals.producerCpu, { name: 'producer ', unit: ' s', decimals: 2, value: cpuPer10k.producer }),
    atMost(goals.residentMb, { name: '', unit: ' MB', decimals: 0, value: residentMb }),
  ].flat()
  return {
    goals: checks.map(({ goal }) => goal).join(', '),
    missed: checks.filter(({ isMet }) => !isMet).map(({ miss }) => miss),
  }
}

const atLeast = (goal: number | undefined, measured: Figure): Check[] =>
  check(goal, measured, { sign: '≥', missSign: '<', isMet: (value, bound) => value >= bound })

const atMost = (goal: number | undefined, measured: Figure): Check[] =>
  check(goal, measured, { sign: '≤', missSign: '>', isMet: (value, bound) => value <= bound })

type Bound = { sign: string; missSign: string; isMet(value: number, goal: number): boolean }

function check(goal: number | undefined, measured: Figure, { sign, missSign, isMet }: Bound): Check[] {
  const { name, unit, decimals, value } = measured
  if (goal === undefined || value === undefined || Number.isNaN(value)) return []
  const wanted = `${figure(goal, decimals)}${unit}`
  return [
    {
      goal: `${name}${sign} ${wanted}`,
      miss: `${name}${figure(value, decimals)} ${missSign} ${wanted}`,
      isMet: isMet(value, goal),
    },
  ]
}
