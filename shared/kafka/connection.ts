import type { Log } from '#shared/observability/log.ts'

/** How to reach the cluster and as whom. `clientId` carries role, instance and boot id: eviction finds dead members by it. */
export type KafkaConnection = { brokers: readonly string[]; clientId: string; log: Log }
