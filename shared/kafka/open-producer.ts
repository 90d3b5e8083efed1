import type { PartitionMetadata, Producer, RecordMetadata } from 'kafkajs'
import { messageOf } from '#shared/errors.ts'
import { clientRetry, createClient, type KafkaConnection, leaderRetry, producerRetry } from './connection.ts'
import { RepeatedSend } from './errors.ts'
import type { LaneBatch } from './lane.ts'
import type { RoundAnswer } from './lane-producers.ts'
import { lanePartitioner, type Passage, Round, SinglePassage } from './round.ts'
import { createWire } from './wire.ts'

/** A connected idempotent producer that appends batches. */
export type OpenProducer = {
  /** Appends one batch; resolves with the offset of its first record. */
  send(batch: LaneBatch): Promise<number>
  /** Appends batches of different partitions of one topic, which must have one leader; never rejects. */
  sendRound(batches: readonly LaneBatch[]): Promise<RoundAnswer>
  /** Disconnects; never rejects. */
  close(): Promise<void>
}

export type ProducerKind = {
  suffix: string
  /** Set for rounds: hears the metadata by which kafkajs groups each send. */
  see?: (metadata: PartitionMetadata[]) => void
  /** Hears of each send that is handed to kafkajs. */
  onSend: () => void
}

/** Connects an idempotent producer and gets its producer id; one try, rejects when that fails. */
export async function openProducer(connection: KafkaConnection, kind: ProducerKind): Promise<OpenProducer> {
  const wire = createWire()
  const client = createClient(connection, { wire, suffix: kind.suffix, retry: clientRetry }).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    metadataMaxAge: 5_000,
    retry: kind.see === undefined ? producerRetry : leaderRetry,
    createPartitioner: lanePartitioner(kind.see ?? (() => undefined)),
  })
  try {
    await client.connect()
  } catch (error) {
    wire.cut()
    throw error
  }
  const close = () => client.disconnect().then(wire.cut, wire.cut)
  const send: Producer['send'] = (record) => {
    kind.onSend()
    return client.send(record)
  }
  return { ...appending(send), close }
}

/** Broker-side wait for the replicas; below the request timeout of 3 s, so that the broker answers first. */
const replicasTimeoutMs = 2_500

/** How batches go out over the `send` of a kafkajs producer whose partitioner is `lanePartitioner`. */
export function appending(send: Producer['send']): Pick<OpenProducer, 'send' | 'sendRound'> {
  const append = (batches: readonly LaneBatch[], passage: Passage) => {
    const messages = batches.flatMap((batch) => batch.messages)
    for (const message of messages) message.passage = passage
    return send({ topic: batches[0]?.topic ?? '', messages, acks: -1, timeout: replicasTimeoutMs })
  }
  const sendOne = async (batch: LaneBatch) => {
    const passage = new SinglePassage(batch.messages.length)
    try {
      return baseOffsetOf(batch, await append([batch], passage), 1)
    } catch (error) {
      throw passage.isRepeated ? new RepeatedSend(messageOf(error), { cause: error }) : error
    }
  }
  return {
    send: sendOne,
    sendRound: async (batches) => {
      const [only] = batches
      // A single partition cannot be split, and kafkajs may safely try it again.
      if (only !== undefined && batches.length === 1) {
        return sendOne(only).then(
          (offset) => ({ kind: 'written', offsets: [offset] }),
          (error: unknown) => ({ kind: 'unknown', error }),
        )
      }
      const round = new Round(batches.reduce((sum, { messages }) => sum + messages.length, 0))
      try {
        const results = await append(batches, round)
        return { kind: 'written', offsets: batches.map((batch) => baseOffsetOf(batch, results, batches.length)) }
      } catch (error) {
        return round.isSplit ? { kind: 'split' } : { kind: 'unknown', error }
      }
    },
  }
}

/**
 * kafkajs has resolved sends that left partitions out; only a result that names each of ours, and nothing else, is an
 * acknowledgement. `sent`: how many partitions were sent.
 */
function baseOffsetOf({ topic, partition }: LaneBatch, results: readonly RecordMetadata[], sent: number): number {
  const result = results.find((one) => one.topicName === topic && one.partition === partition)
  const offset = Number(result?.baseOffset ?? -1)
  if (sent === 1 && results.length === 0) throw unknownPartition(`${topic}/${partition}`)
  if (results.length !== sent || result?.errorCode !== 0 || !(offset >= 0)) {
    throw new Error(`the answer does not acknowledge ${topic}/${partition}: ${JSON.stringify(results)}`)
  }
  return offset
}

/** What kafkajs finds no leader entry for in the metadata of the topic it does not send, and says nothing. */
function unknownPartition(name: string): Error {
  const error = new Error(`the answer does not acknowledge ${name}: the topic has no such partition`)
  return Object.assign(error, { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
}
