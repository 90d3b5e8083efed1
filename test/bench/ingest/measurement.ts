import type { Spread } from '../spread.ts'
import type { Taken } from '../watch.ts'

/** Whose CPU is told apart: the producer service, the three brokers, and what makes the load. */
export type Party = 'producer' | 'brokers' | 'load'

/** What one scenario came to in one round. */
export type Measurement = {
  seconds: number
  /** Acknowledged. */
  events: number
  eventsPerSecond: number
  /** Of a request; of a record where Kafka's own tool measured. */
  latencyMs: Spread
  /** Requests or records that were not acknowledged. */
  errors: number
  outcomes: Record<string, number>
  /** The first answer that was no 202. */
  refusal: { status: number; body: string } | null
  /** CPU seconds for 10,000 acknowledged events. */
  cpuPer10k: Record<Party, number>
  /** Processors in use on average; `others` is everything that is not part of the run. */
  cores: Record<Party | 'others', number>
  /** Most memory of the producer. */
  residentMb: number
}

type Counted = Omit<Measurement, 'cpuPer10k' | 'cores' | 'residentMb'>

const mb = 1024 * 1024

/** `watchedEvents` and `watchedSeconds`: what the processes were watched for, if that is not what was measured. */
export type Watched = { taken: Taken<Party>; watchedEvents?: number; watchedSeconds?: number }

/** Puts what was counted and what it took together. */
export function measurementOf(counted: Counted, watched: Watched): Measurement {
  const { taken, watchedEvents = counted.events, watchedSeconds = counted.seconds } = watched
  const { producer, brokers, load } = taken.cpuSeconds
  const per10k = (seconds: number) => (seconds / watchedEvents) * 10_000
  const cores = (seconds: number) => seconds / watchedSeconds
  return {
    ...counted,
    cpuPer10k: { producer: per10k(producer), brokers: per10k(brokers), load: per10k(load) },
    cores: {
      ...{ producer: cores(producer), brokers: cores(brokers), load: cores(load) },
      others: cores(taken.otherCpuSeconds),
    },
    residentMb: taken.residentBytes.producer / mb,
  }
}

/** The round in the middle, and of an even number the worse one of the two: by rate, or by p99 where the rate is given. */
export function middleOf(rounds: readonly Measurement[], perSecond: number | null): Measurement | undefined {
  const worstFirst = rounds.toSorted((a, b) =>
    perSecond === null ? a.eventsPerSecond - b.eventsPerSecond : b.latencyMs.p99 - a.latencyMs.p99,
  )
  return worstFirst[Math.floor((rounds.length - 1) / 2)]
}
