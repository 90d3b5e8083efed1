import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Kafka as KafkaClient, KafkaConfig } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { Log } from '#shared/observability/log.ts'
import { patchBrokerPool } from './broker-pool-patch.ts'
import { patchFetchResponses, tellDamageTo } from './checksum-patch.ts'
import { logCreatorFor } from './client-log.ts'
import { patchClocks } from './clock-patch.ts'
import { patchCommits } from './commit-patch.ts'
import { patchFetchLoop } from './fetch-patch.ts'
import { patchJoin } from './join-patch.ts'
import { patchMetadata } from './metadata-patch.ts'
import { patchRequestQueue } from './timer-patch.ts'
import type { Wire } from './wire.ts'

// kafkajs is CommonJS: most of its names are missing from the ES module view, so the default import is taken apart.
const { Kafka, logLevel, CompressionCodecs, CompressionTypes } = kafkajs

/** How to reach the cluster and as whom. `clientId` carries role, instance and boot id: eviction finds dead members by it. */
export type KafkaConnection = { brokers: readonly string[]; clientId: string; log: Log }

/** What one kafkajs client is opened with; every consumer, producer and admin has a client of its own. */
export type ClientOptions = {
  wire: Wire
  /** Appended to the clientId. */
  suffix?: string
  /** Brokers to start from; by default those of the connection, in random order. */
  brokers?: readonly string[]
  retry: RetryTimes
  requestTimeoutMs?: number
  /** Called with each message kafkajs logs at error level. */
  onErrorLog?: (message: string) => void
}

type RetryTimes = { retries: number; initialRetryTime: number; maxRetryTime: number }

/** Short tries: what they do not mend is mended above, by a re-send, a fresh client or the next round. */
export const clientRetry: RetryTimes = { retries: 2, initialRetryTime: 100, maxRetryTime: 250 }

/** kafkajs waits `initialRetryTime`, doubled up to `maxRetryTime`, between tries: 4 tries last about 0.9 s. */
export const producerRetry: RetryTimes = { retries: 4, initialRetryTime: 100, maxRetryTime: 250 }

/** As few tries as kafkajs allows, soon: a round goes out once, and what fails alone is sent again above (`settle.ts`). */
export const leaderRetry: RetryTimes = { retries: 1, initialRetryTime: 50, maxRetryTime: 50 }

patchRequestQueue()
patchClocks()
patchFetchLoop()
patchFetchResponses()
patchMetadata()
patchBrokerPool()
patchCommits()
patchJoin()

// A record batch in a codec nobody registered stops a kafkajs consumer for good.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => promisify(zstdCompress)(encoder.buffer),
  decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
})

/** A kafkajs client with every timeout and retry said explicitly (its defaults triple an outage). */
export function createClient(connection: KafkaConnection, options: ClientOptions): KafkaClient {
  tellDamageTo(connection.log)
  const config: KafkaConfig = {
    clientId: `${connection.clientId}${options.suffix ?? ''}`,
    brokers: shuffled(options.brokers ?? connection.brokers),
    connectionTimeout: 1_000,
    requestTimeout: options.requestTimeoutMs ?? 3_000,
    enforceRequestTimeout: true,
    retry: { ...options.retry, factor: 0.2, multiplier: 2 },
    socketFactory: options.wire.socketFactory,
    logLevel: logLevel.WARN,
    logCreator: logCreatorFor(connection.log, options.onErrorLog),
  }
  return new Kafka(config)
}

function shuffled(brokers: readonly string[]): string[] {
  return brokers
    .map((broker) => ({ broker, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ broker }) => broker)
}
