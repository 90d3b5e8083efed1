import type { Message, Producer, RecordMetadata } from 'kafkajs'
import { clientRetry, createClient, type KafkaConnection, producerRetry } from './connection.ts'
import { appendFaultOf } from './errors.ts'
import type { LaneProducer, LaneProducers } from './lane.ts'
import { createWire } from './wire.ts'

/**
 * Idempotent producers for lanes: one source for one lane (own producer), or one for all lanes of a set (shared).
 *
 * - none: the next lease opens a producer; a producer whose start failed is thrown away whole, because kafkajs would go
 *   on without sequence numbers
 * - current: every lease gets this one
 * - retired: it gives no more leases and is closed when the last one has come back
 */
export class ProducerSource {
  readonly #open: (number: number) => Promise<OpenProducer>
  #opening: Promise<OpenProducer> | undefined
  #opened = 0

  constructor(open: (number: number) => Promise<OpenProducer>) {
    this.#open = open
  }

  /** The source as one lane uses it. */
  forPartition(topic: string, partition: number): LaneProducers {
    const leased = new Map<LaneProducer, OpenProducer>()
    const end = (producer: LaneProducer, retire: boolean) => {
      const open = leased.get(producer)
      leased.delete(producer)
      if (open !== undefined) void this.#giveBack(open, retire)
    }
    return {
      lease: async () => {
        const open = await this.#lease()
        const producer = { send: (messages: readonly Message[]) => this.#send(open, { topic, partition, messages }) }
        leased.set(producer, open)
        return producer
      },
      giveBack: (producer) => end(producer, false),
      retire: (producer) => end(producer, true),
    }
  }

  /** Closes the current producer, or leaves it to the lane that still waits for an answer. */
  async close(): Promise<void> {
    const open = await this.#opening?.catch(() => undefined)
    if (open !== undefined) await this.#retire(open)
  }

  /**
   * kafkajs asks for the metadata of every topic a producer ever wrote to, all at once: when one of them is deleted, nothing
   * can be sent to the others any more. So a producer that also wrote elsewhere is not trusted with an unknown topic.
   */
  async #send(open: OpenProducer, send: PartitionSend): Promise<number> {
    try {
      const offset = await sendTo(open, send)
      open.topics.add(send.topic)
      return offset
    } catch (error) {
      const wroteElsewhere = [...open.topics].some((topic) => topic !== send.topic)
      if (wroteElsewhere && appendFaultOf(error) === 'unknown-topic') void this.#retire(open)
      throw error
    }
  }

  async #lease(): Promise<OpenProducer> {
    for (;;) {
      this.#opening ??= this.#open(++this.#opened)
      const opening = this.#opening
      const open = await opening.catch((error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined
        throw error
      })
      // It may have been retired while we waited for our turn.
      if (!open.isRetired) {
        open.leases += 1
        return open
      }
    }
  }

  async #giveBack(open: OpenProducer, retire: boolean): Promise<void> {
    open.leases -= 1
    if (retire) await this.#retire(open)
    else if (open.isRetired && open.leases === 0) await open.close()
  }

  async #retire(open: OpenProducer): Promise<void> {
    if (!open.isRetired) this.#opening = undefined
    open.isRetired = true
    if (open.leases === 0) await open.close()
  }
}

/** A connected producer with its leases counted. */
export type OpenProducer = {
  readonly send: Producer['send']
  /** What it has written to. */
  readonly topics: Set<string>
  /** Disconnects; never rejects. */
  close(): Promise<void>
  leases: number
  isRetired: boolean
}

/** Connects an idempotent producer and gets its producer id; one try, rejects when that fails. */
export async function openProducer(connection: KafkaConnection, suffix: string): Promise<OpenProducer> {
  const wire = createWire()
  const client = createClient(connection, { wire, suffix, retry: clientRetry }).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    metadataMaxAge: 5_000,
    retry: producerRetry,
    // Every message names its partition; this only keeps kafkajs from asking which default is meant.
    createPartitioner: () => (choice) => choice.message.partition ?? 0,
  })
  try {
    await client.connect()
  } catch (error) {
    wire.cut()
    throw error
  }
  const close = () => client.disconnect().then(wire.cut, wire.cut)
  return { send: client.send, topics: new Set(), close, leases: 0, isRetired: false }
}

type PartitionSend = { topic: string; partition: number; messages: readonly Message[] }

/** Broker-side wait for the replicas; below the request timeout of 3 s, so that the broker answers first. */
const replicasTimeoutMs = 2_500

async function sendTo(producer: OpenProducer, { topic, partition, messages }: PartitionSend): Promise<number> {
  const results = await producer.send({ topic, messages: [...messages], acks: -1, timeout: replicasTimeoutMs })
  return baseOffsetOf(results, topic, partition)
}

/** kafkajs has resolved sends that left partitions out; only a result that names exactly ours is an acknowledgement. */
function baseOffsetOf(results: readonly RecordMetadata[], topic: string, partition: number): number {
  const [result] = results
  const offset = Number(result?.baseOffset ?? -1)
  const isOurs = result?.topicName === topic && result.partition === partition && result.errorCode === 0
  if (results.length !== 1 || !isOurs || offset < 0) {
    throw new Error(`the answer does not acknowledge ${topic}/${partition}: ${JSON.stringify(results)}`)
  }
  return offset
}
