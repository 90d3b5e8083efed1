import type { TargetStatus } from './subscription-shapes.ts'

/** The live state (`GET /v1/state`, and the same object over `/v1/live`). */
export type State = {
  at: string
  version: string
  health: string
  problems: Problem[]
  kafka: { brokers: Broker[]; underReplicatedPartitions: number; underMinIsrPartitions: number }
  redis: { up: boolean; degraded: string[] }
  instances: Instance[]
  streams: StreamState[]
  subscriptions: SubscriptionState[]
  jobs: { id: string; kind: string; state: string; matched: number; done: number }[]
  availability: Availability | null
}

export type Problem = { code: string; subject: string; since: string | null; what: string; fix: string }
export type Broker = { id: number; address: string; up: boolean; controller: boolean }

export type Instance = {
  id: string
  service: string
  version: string
  pid: number
  startedAt: string
  lastHeartbeatAt: string
  ready: boolean
  rssBytes: number
  loopDelayMs: number
}

export type PartitionState = {
  partition: number
  leader: number
  inSync: number[]
  endOffset: number
  lane: string | null
}
export type StreamState = { name: string; eventsPerSecond: number | null; partitions: PartitionState[] }

export type PairState = {
  partition: number
  owner: string | null
  committed: number
  end: number
  inFlight: number
  blockedKeys: number
}

export type SubscriptionState = {
  name: string
  phase: string
  eventsPerSecond: number | null
  lagEvents: number | null
  lagSeconds: number | null
  partitions: PairState[]
  targets: TargetStatus[]
}

export type Availability = {
  windowSeconds: number
  ratio: number | null
  mtbfSeconds: number | null
  mttrSeconds: number | null
  largestGapSeconds: number | null
}
