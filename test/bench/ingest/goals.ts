import { figure } from '../table.ts'
import type { Measurement } from './measurement.ts'
import type { Goals } from './scenarios.ts'

/** The goals of a scenario in words, and those that were missed with what was reached instead. */
export type Verdict = { goals: string; missed: string[] }

type Check = { goal: string; reached: string; isMet: boolean }

/** `kafka`: what Kafka's own tool reached in the same run; without it, or without a figure, nothing is said about a goal. */
export function judge(goals: Goals, measured: Measurement, kafka: Measurement | undefined): Verdict {
  const { eventsPerSecond, latencyMs, cpuPer10k, residentMb } = measured
  const share = kafka === undefined ? undefined : eventsPerSecond / kafka.eventsPerSecond
  const checks = [
    atLeast(goals.perSecond, eventsPerSecond, (value) => `${figure(value, 0)}/s`),
    atLeast(goals.shareOfKafka, share, (value) => `${figure(value, 2)} of Kafka`),
    atMost(goals.p50Ms, latencyMs.p50, (value) => `p50 ${figure(value, 1)} ms`),
    atMost(goals.p99Ms, latencyMs.p99, (value) => `p99 ${figure(value, 1)} ms`),
    atMost(goals.producerCpu, cpuPer10k.producer, (value) => `producer ${figure(value, 2)} s`),
    atMost(goals.residentMb, residentMb, (value) => `${figure(value, 0)} MB`),
  ].flat()
  return {
    goals: checks.map(({ goal }) => goal).join(', '),
    missed: checks.filter(({ isMet }) => !isMet).map(({ goal, reached }) => `${reached} (${goal})`),
  }
}

type Show = (value: number) => string

function atLeast(goal: number | undefined, value: number | undefined, show: Show): Check[] {
  if (goal === undefined || value === undefined || Number.isNaN(value)) return []
  return [{ goal: `≥ ${show(goal)}`, reached: show(value), isMet: value >= goal }]
}

function atMost(goal: number | undefined, value: number, show: Show): Check[] {
  if (goal === undefined || Number.isNaN(value)) return []
  return [{ goal: `≤ ${show(goal)}`, reached: show(value), isMet: value <= goal }]
}
