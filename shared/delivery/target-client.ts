import type { Counter, Histogram } from '@prometheus-io/client'
import type { AttemptRequest, AttemptResult } from './attempt.ts'
import type { EgressGuard } from './egress.ts'

export type TargetMetrics = {
  attempts: Counter<'result'>
  seconds: Histogram
  unknownOutcomes: Counter
}

export type TargetClientOptions = {
  egress: EgressGuard
  /** DNS, TCP and TLS together. */
  connectTimeoutMs: number
  /** The whole attempt, from the call to the last byte of the answer. */
  timeoutMs: number
  /** Most connections per origin: the concurrency of the subscription. */
  connections: number
  metrics: TargetMetrics
}

/** Makes the attempts of one subscription: a pool of kept-alive connections per origin. */
export type TargetClient = {
  /** One attempt. Never rejects: every ending of the network is a value. An abort ends it with code `aborted`. */
  attempt(request: AttemptRequest, signal?: AbortSignal): Promise<AttemptResult>
  /** Aborts what is in flight and closes all connections. */
  close(): Promise<void>
}

export declare function createTargetClient(options: TargetClientOptions): TargetClient
