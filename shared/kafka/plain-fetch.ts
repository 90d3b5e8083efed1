import type { Admin, KafkaMessage } from 'kafkajs'
import type { Ask } from './broker-call.ts'
import { patchable } from './patched-client.ts'
import { FieldWriter } from './wire-format.ts'

/** `isControlRecord`: a mark of a transaction, not of anybody's making. */
export type FetchedMessage = KafkaMessage & { isControlRecord?: boolean }

/** `host:port` of the broker that leads a partition. */
export async function leaderOf(admin: Admin, topic: string, partition: number): Promise<string> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader
  const broker = (await admin.describeCluster()).brokers.find(({ nodeId }) => nodeId === leader)
  if (broker === undefined) throw new Error(`${topic}/${partition} has no leader`)
  return `${broker.host}:${broker.port}`
}

type FetchedPartition = { errorCode: number; highWatermark: string; messages: FetchedMessage[] }
type FetchAnswer = { responses: { partitions: FetchedPartition[] }[] }
type Place = { topic: string; partition: number; offset: number }

/** Fetch, version 4: the oldest one that Kafka 4 has, and one whose answer kafkajs can decode. */
const fetchRequest = { apiKey: 1, apiVersion: 4 }
const partBytes = 1024 * 1024
const maxWaitMs = 100

/** One fetch of at most 1 MiB, or of one larger batch; it begins with the whole batch that `offset` stands in. */
export async function fetchFrom({ topic, partition, offset }: Place, ask: Ask) {
  const response = patchable<{ decode(bytes: Buffer): Promise<FetchAnswer> }>('protocol/requests/fetch/v4/response')
  if (response === null) throw new Error('this version of kafkajs is not known')
  const writer = new FieldWriter().int32(-1).int32(maxWaitMs).int32(1).int32(partBytes).int8(0)
  writer.array([topic], (name) =>
    writer.string(name).array([partition], (number) => writer.int32(number).int64(offset).int32(partBytes)),
  )
  const bytes = (await ask({ ...fetchRequest, body: writer.toBuffer() })).rest()
  const found = (await response.decode(bytes)).responses[0]?.partitions[0]
  if (found?.errorCode !== 0) throw new Error(`fetching ${topic}/${partition}: error ${found?.errorCode}`)
  return { messages: found.messages, size: bytes.length, highWatermark: Number(found.highWatermark) }
}
