import type { Catalog } from '#shared/catalog/catalog.ts'
import type { OpsEvents } from '#shared/catalog/ops/ops-events.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import type { TargetMetrics } from '#shared/delivery/target-client.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { RateLimits } from '#shared/redis/rate-limits.ts'
import type { TargetHints } from '#shared/redis/target-hints.ts'
import type { AckCache } from './ack-cache.ts'
import type { AttemptLog } from './attempts/attempt-log.ts'
import type { Pulse } from './pulse.ts'
import type { DeadLetterTopic } from './settle.ts'
import type { StateRecords } from './state-record.ts'
import type { ConsumerTelemetry } from './telemetry.ts'

/** What all runners of this process share. */
export type RunnerEnvironment = {
  readonly connection: KafkaConnection
  readonly metrics: Metrics
  readonly targetMetrics: TargetMetrics
  readonly admin: KafkaAdmin
  readonly catalog: Pick<Catalog, 'signingSecrets' | 'access' | 'position' | 'retryNow'>
  /** For retry partitions and dead letters. */
  readonly lanes: ProduceLanes
  /** For topics that subscriptions deliver to: a producer each, so that one which is gone holds up nothing else. */
  readonly destinationLanes: ProduceLanes
  readonly states: StateRecords
  readonly deadLetters: DeadLetterTopic
  readonly attemptLog: AttemptLog
  readonly ops: OpsEvents
  /** Age of the oldest event beyond which a subscription lags. */
  readonly laggingAfterMs: number
  readonly egress: EgressGuard
  readonly telemetry: ConsumerTelemetry
  readonly pulse: Pick<Pulse, 'stalledAtMs'>
  readonly sessionTimeoutMs: number
  /** Shared with the other instances over Redis. */
  readonly rates: RateLimits
  readonly hints: TargetHints
  readonly acks: AckCache
  /** Runners of this process now: they share memory and the coordinator's patience. */
  runnerCount(): number
  /** A bug, or Kafka lost for good: the process ends and another one takes over. */
  onBroken(error: unknown): void
}
