import { atLeast, atMost, type Verdict, verdictOf } from '../goals.ts'
import type { Measurement } from './measurement.ts'
import type { Goals } from './scenarios.ts'

/** `kafka`: what Kafka's own tool reached in the same run; without it, or without a figure, nothing is said about a goal. */
export function judge(goals: Goals, measured: Measurement, kafka: Measurement | undefined): Verdict {
  const { eventsPerSecond, latencyMs, cpuPer10k, residentMb } = measured
  const share = kafka === undefined ? undefined : eventsPerSecond / kafka.eventsPerSecond
  return verdictOf(
    [
      atLeast(goals.perSecond, { name: '', unit: '/s', decimals: 0, value: eventsPerSecond }),
      atLeast(goals.shareOfKafka, { name: '', unit: ' of kafka', decimals: 2, value: share }),
      atMost(goals.p50Ms, { name: 'p50 ', unit: ' ms', decimals: 1, value: latencyMs.p50 }),
      atMost(goals.p99Ms, { name: 'p99 ', unit: ' ms', decimals: 1, value: latencyMs.p99 }),
      atMost(goals.producerCpu, { name: 'producer ', unit: ' s', decimals: 2, value: cpuPer10k.producer }),
      atMost(goals.residentMb, { name: '', unit: ' MB', decimals: 0, value: residentMb }),
    ].flat(),
  )
}
