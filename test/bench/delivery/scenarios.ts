/** What a scenario is expected to reach; what is not named is only reported. */
export type DeliveryGoals = {
  /** At least so many deliveries a second. */
  perSecond?: number
  /** At most; CPU seconds of the consumer for 10,000 deliveries. */
  consumerCpu?: number
  /** At most; share of one core. */
  coreShare?: number
  /** At most; most memory of the consumer. */
  residentMb?: number
}

/** One consumer process works off what was published before it started, in order per key. */
type Backlog = {
  kind: 'backlog'
  events: number
  bytes: number
  keys: number
  /** How long the receiver thinks. */
  delayMs: number
  concurrency: number
}

/** One consumer process with so many subscriptions and nothing to deliver. */
type Idle = { kind: 'idle'; subscriptions: number }

export type DeliveryScenario = { name: string; what: string; goals: DeliveryGoals } & (Backlog | Idle)

const backlog = { kind: 'backlog', bytes: 1_024, keys: 10_000, delayMs: 0, concurrency: 100 } as const
const slow = { ...backlog, delayMs: 20 } as const

export const deliveryScenarios: readonly DeliveryScenario[] = [
  {
    ...{ ...backlog, name: 'fast', what: 'receiver answers at once, 100 at a time', events: 200_000 },
    goals: { perSecond: 22_000, consumerCpu: 0.4, residentMb: 200 },
  },
  {
    ...{ ...slow, name: 'slow-100', what: 'receiver takes 20 ms, 100 at a time', events: 50_000 },
    goals: { perSecond: 4_700 },
  },
  {
    ...{ ...slow, name: 'slow-400', what: 'receiver takes 20 ms, 400 at a time', events: 150_000, concurrency: 400 },
    goals: { perSecond: 15_000 },
  },
  {
    ...{ ...slow, name: 'hot-keys', what: '100 keys, receiver takes 20 ms, 100 at a time', events: 50_000, keys: 100 },
    goals: { perSecond: 4_500 },
  },
  {
    ...{
      ...backlog,
      name: 'catch-up',
      what: 'a backlog of 1,000,000 events of 256 bytes',
      events: 1_000_000,
      bytes: 256,
    },
    goals: { perSecond: 15_000, residentMb: 200 },
  },
  {
    ...{ name: 'idle-200', what: '200 subscriptions with nothing to do', kind: 'idle', subscriptions: 200 },
    goals: { coreShare: 0.05, residentMb: 400 },
  },
]
