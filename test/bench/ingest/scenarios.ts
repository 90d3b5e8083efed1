/** What a scenario is expected to reach; what is not named is only reported. */
export type Goals = {
  /** At least so many events a second. */
  perSecond?: number
  /** At least this part of what `kafka` reaches in the same run. */
  shareOfKafka?: number
  /** At most; milliseconds. */
  p50Ms?: number
  p99Ms?: number
  /** At most; CPU seconds of the producer for 10,000 events. */
  producerCpu?: number
  /** At most; memory of the producer. */
  residentMb?: number
}

/** Kafka's own ProducerPerformance on a topic like ours: what the log behind the door can do. */
type KafkaScenario = { kind: 'kafka' }

/** Requests to the producer. */
type PublishScenario = {
  kind: 'publish'
  connections: number
  /** Different keys; 0 = no key. */
  keys: number
  /** Events of a request. */
  events: number
  /** Whether a single event brings its own id. */
  ownIds: boolean
}

/** `perSecond`: an open loop at that rate; null = a closed one, as fast as it goes. */
export type Scenario = { name: string; what: string; perSecond: number | null; goals: Goals } & (
  | KafkaScenario
  | PublishScenario
)

const single = { kind: 'publish', keys: 0, events: 1, ownIds: false, perSecond: null } as const
const everySingle = { producerCpu: 0.6, residentMb: 200 }
const batch = { ...single, events: 100, connections: 16 } as const
const paced = { ...single, connections: 256 } as const
const kafka = { kind: 'kafka', perSecond: null, goals: {} } as const

/** In the order of a round: what is compared stands side by side, so that a noisy machine disturbs both. */
export const scenarios: readonly Scenario[] = [
  {
    ...{ ...single, name: 'single-64', what: 'single events, no key', connections: 64 },
    goals: { perSecond: 13_000, p99Ms: 25, ...everySingle },
  },
  {
    ...{ ...single, name: 'single-256', what: 'single events, no key', connections: 256 },
    goals: { perSecond: 18_000, p99Ms: 40, ...everySingle },
  },
  {
    ...{ ...single, name: 'keys-64', what: 'single events, 10,000 keys', connections: 64, keys: 10_000 },
    goals: { perSecond: 7_300, p99Ms: 28, ...everySingle },
  },
  {
    ...{ ...single, name: 'keys-256', what: 'single events, 10,000 keys', connections: 256, keys: 10_000 },
    goals: { perSecond: 15_000, p99Ms: 42, ...everySingle },
  },
  {
    ...{ ...single, name: 'ids-64', what: 'single events with ids of their own', connections: 64, ownIds: true },
    goals: { residentMb: everySingle.residentMb },
  },
  {
    ...{ ...batch, name: 'batch', what: 'batches of 100, no key' },
    goals: { perSecond: 65_000, shareOfKafka: 0.8, residentMb: everySingle.residentMb },
  },
  { ...kafka, name: 'kafka', what: 'ProducerPerformance, as fast as it goes' },
  { ...batch, name: 'batch-keys', what: 'batches of 100, 10,000 keys', keys: 10_000, goals: {} },
  { ...paced, name: 'open-200', what: 'open loop, no key', perSecond: 200, goals: { p50Ms: 3, p99Ms: 12 } },
  { ...kafka, name: 'kafka-200', what: 'ProducerPerformance, paced', perSecond: 200 },
  { ...paced, name: 'open-1000', what: 'open loop, no key', perSecond: 1_000, goals: { p50Ms: 5, p99Ms: 30 } },
  { ...kafka, name: 'kafka-1000', what: 'ProducerPerformance, paced', perSecond: 1_000 },
]
