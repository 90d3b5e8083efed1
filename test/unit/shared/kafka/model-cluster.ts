import { createRequire } from 'node:module'
import type { PartitionMetadata, Producer } from 'kafkajs'
import { appending, type OpenProducer } from '#shared/kafka/open-producer.ts'
import { lanePartitioner } from '#shared/kafka/round.ts'

/** What one produce request meets. `late-loss`: its reply is lost when the test says so. */
export type Happening =
  | 'ok'
  | 'lost-request'
  | 'lost-reply'
  | 'late-loss'
  | 'not-enough-replicas'
  | 'unknown-topic'
  | 'fatal'

/** A produce request as a broker saw it: values by partition. */
export type SeenRequest = { broker: number; producer: number; values: Record<number, string[]> }

type Partition = { partition: number; firstSequence: number; messages: { value: Buffer }[] }
type ProduceRequest = { producerId: number; topicData: { topic: string; partitions: Partition[] }[] }
type Written = { firstSequence: number; count: number; offset: number }
type Leaders = Record<number, number>

const load = createRequire(import.meta.url)
const createMessageProducer = load('kafkajs/src/producer/messageProducer')
const createEosManager = load('kafkajs/src/producer/eosManager')
const createRetry = load('kafkajs/src/retry')
const { createErrorFromCode } = load('kafkajs/src/protocol/error')
const { KafkaJSConnectionClosedError, KafkaJSRequestTimeoutError } = load('kafkajs/src/errors')
const { CONNECTION_STATUS } = load('kafkajs/src/network/connectionStatus')
const quiet = { debug: () => undefined, warn: () => undefined, error: () => undefined }

const unknownTopic = 3
const notLeader = 6
const messageTooLarge = 10
const notEnoughReplicas = 19
const notEnoughReplicasAfterAppend = 20
const outOfOrderSequence = 45
const cachedBatches = 5

/**
 * Brokers as a model behind the producer code of kafkajs itself: its grouping by leader, its sequence numbers and
 * their rolling back, its tries. The model has the leaders, Kafka's rule for duplicates (the last five batches of each
 * producer are remembered by first sequence and size, anything else out of sequence is refused), and what goes wrong.
 */
export class ModelCluster {
  readonly log: string[][]
  readonly requests: SeenRequest[] = []
  /** What the next produce requests meet; when it is used up, all is well. */
  readonly happenings: Happening[] = []
  /** New leaders by partition, each set taking effect just before the next produce request is answered. */
  readonly moves: Leaders[] = []
  /** Values that Kafka refuses for good. */
  isTooLarge: (value: string) => boolean = () => false
  /** Partitions that lack replicas: nothing is appended there. */
  readonly short = new Set<number>()
  /** kafkajs reads metadata anew before it next groups messages. */
  isMetadataExpired = false
  /** Producers opened so far. */
  opened = 0
  readonly #leaders: number[]
  readonly #late: (() => void)[] = []
  readonly #written = new Map<string, Written[]>()

  constructor(leaders: readonly number[]) {
    this.#leaders = [...leaders]
    this.log = leaders.map(() => [])
  }

  move(leaders: Leaders): void {
    for (const [partition, leader] of Object.entries(leaders)) this.#leaders[Number(partition)] = leader
  }

  /** Loses the replies that are to be lost late. */
  loseLate(): void {
    for (const lose of this.#late.splice(0)) lose()
  }

  /** A producer of kafkajs with one internal retry, connected to this cluster. */
  async open(see: (metadata: PartitionMetadata[]) => void = () => undefined): Promise<OpenProducer> {
    this.opened += 1
    const client = this.#client(this.opened)
    const eosManager = createEosManager({ logger: quiet, cluster: client, transactional: false })
    await eosManager.initProducerId()
    const { send } = createMessageProducer({
      ...{ logger: quiet, cluster: client, eosManager, idempotent: true },
      partitioner: lanePartitioner(see)(),
      retrier: createRetry({ retries: 1, initialRetryTime: 1, maxRetryTime: 1 }),
      getConnectionStatus: () => CONNECTION_STATUS.CONNECTED,
    }) as Pick<Producer, 'send'>
    return { ...appending(send), close: async () => undefined }
  }

  /** What kafkajs calls its cluster, of one client: metadata that may be stale, and brokers. */
  #client(producerId: number) {
    let metadata = this.#metadata()
    const refreshMetadata = async () => {
      this.isMetadataExpired = false
      metadata = this.#metadata()
    }
    const controller = { initProducerId: async () => ({ producerId, producerEpoch: 0 }) }
    const brokers = new Map<number, object>()
    const brokerOf = (nodeId: number) => ({ nodeId, produce: async (it: ProduceRequest) => this.#produce(nodeId, it) })
    return {
      retry: { retries: 1, initialRetryTime: 1, maxRetryTime: 1 },
      isConnected: () => true,
      removeBroker: () => undefined,
      refreshMetadata,
      refreshMetadataIfNecessary: () => (this.isMetadataExpired ? refreshMetadata() : Promise.resolve()),
      addMultipleTargetTopics: async () => undefined,
      findControllerBroker: async () => controller,
      findTopicPartitionMetadata: () => metadata,
      findLeaderForPartitions: (_topic: string, partitions: string[]) =>
        Object.groupBy(partitions.map(Number), (partition) => String(metadata[partition]?.leader)),
      findBroker: async ({ nodeId }: { nodeId: string }) => {
        const broker = brokers.get(Number(nodeId)) ?? brokerOf(Number(nodeId))
        brokers.set(Number(nodeId), broker)
        return broker
      },
    }
  }

  #metadata(): PartitionMetadata[] {
    return this.#leaders.map((leader, partitionId) => ({
      ...{ partitionErrorCode: 0, partitionId, leader, replicas: [1, 2, 3], isr: [1, 2, 3], offlineReplicas: [] },
    }))
  }

  async #produce(broker: number, { producerId, topicData }: ProduceRequest) {
    await Promise.resolve()
    const partitions = topicData.flatMap((topic) => topic.partitions)
    const values = Object.fromEntries(partitions.map((one) => [one.partition, one.messages.map(textOf)]))
    this.requests.push({ broker, producer: producerId, values })
    this.move(this.moves.shift() ?? {})
    const happening = this.happenings.shift() ?? 'ok'
    if (happening === 'lost-request') throw new KafkaJSConnectionClosedError('gone', { host: 'model', port: broker })
    if (happening === 'unknown-topic') throw createErrorFromCode(unknownTopic)
    const answers = partitions.map((one, index) =>
      this.#append(one, { broker, producerId, isRefused: happening === 'fatal' && index === 0 }),
    )
    if (happening === 'late-loss') await new Promise<void>((resolve) => this.#late.push(resolve))
    if (happening === 'lost-reply' || happening === 'late-loss')
      throw new KafkaJSRequestTimeoutError('late', { broker: String(broker) })
    if (happening === 'not-enough-replicas') throw createErrorFromCode(notEnoughReplicasAfterAppend)
    const refused = answers.find(({ errorCode }) => errorCode !== 0)
    if (refused !== undefined) throw createErrorFromCode(refused.errorCode)
    return { topics: [{ topicName: topicData[0]?.topic ?? '', partitions: answers }] }
  }

  #append(sent: Partition, by: { broker: number; producerId: number; isRefused: boolean }) {
    const { partition, firstSequence, messages } = sent
    const values = messages.map(textOf)
    const answer = (errorCode: number, offset = -1) => ({ partition, errorCode, baseOffset: String(offset) })
    if (this.#leaders[partition] !== by.broker) return answer(notLeader)
    if (this.short.has(partition)) return answer(notEnoughReplicas)
    if (values.some(this.isTooLarge)) return answer(messageTooLarge)
    if (by.isRefused) return answer(outOfOrderSequence)
    const name = `${by.producerId} ${partition}`
    const written = this.#written.get(name) ?? []
    const same = written.find((one) => one.firstSequence === firstSequence && one.count === values.length)
    if (same !== undefined) return answer(0, same.offset)
    const last = written.at(-1)
    if (last !== undefined && last.firstSequence + last.count !== firstSequence) return answer(outOfOrderSequence)
    const log = this.log[partition] ?? []
    const offset = log.push(...values) - values.length
    this.#written.set(name, [...written, { firstSequence, count: values.length, offset }].slice(-cachedBatches))
    return answer(0, offset)
  }
}

const textOf = ({ value }: { value: Buffer }): string => String(value)
