import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { GroupMember, KafkaAdmin } from '#shared/kafka/admin.ts'
import { type PartitionDescription, unsafeReasons } from '#shared/kafka/topics.ts'

export type BrokerPicture = { id: number; address: string; up: boolean; controller: boolean }

export type PartitionPicture = PartitionDescription & { low: number; end: number }

export type StreamPicture = { partitions: readonly PartitionPicture[]; unsafe: readonly string[]; missing: boolean }

export type SubscriptionPicture = {
  committed: ReadonlyMap<number, number | null>
  /** Partition → clientId of the member that owns it. */
  owners: ReadonlyMap<number, string>
}

/** What Kafka says at one moment about everything the catalog names. */
export type ClusterPicture = {
  atMs: number
  brokers: readonly BrokerPicture[]
  streams: ReadonlyMap<string, StreamPicture>
  /** By uid. */
  subscriptions: ReadonlyMap<string, SubscriptionPicture>
}

/** So many questions are open at a time: an installation of 500 subscriptions must not flood its brokers. */
const atOnce = 8

type Subjects = { streams: readonly Stream[]; subscriptions: readonly Subscription[] }

/** Asks Kafka about brokers, streams and subscriptions. Rejects with `kafka-unavailable` when it cannot be asked. */
export async function takePicture(admin: KafkaAdmin, subjects: Subjects): Promise<ClusterPicture> {
  const { brokers, controllerId } = await admin.cluster()
  const topics = new Map(subjects.streams.map((stream) => [stream.name, stream.topic]))
  const streams = new Map(
    await mapSome(subjects.streams, async (stream) => [stream.name, await pictureStream(admin, stream)] as const),
  )
  // Kafka refuses the question about a topic that is gone, and one refusal would leave everything without a picture.
  const topicOf = ({ stream }: Subscription) =>
    streams.get(stream)?.missing === false ? topics.get(stream) : undefined
  return {
    brokers: brokers.map(({ id, address }) => ({ id, address, up: true, controller: id === controllerId })),
    streams,
    subscriptions: new Map(
      await mapSome(subjects.subscriptions, async (subscription) => {
        const picture = await pictureSubscription(admin, subscription.group, topicOf(subscription))
        return [subscription.uid, picture] as const
      }),
    ),
    atMs: Date.now(),
  }
}

async function pictureStream(admin: KafkaAdmin, { topic }: Stream): Promise<StreamPicture> {
  const description = await admin.describeTopic(topic)
  if (description === undefined) return { partitions: [], unsafe: [], missing: true }
  const offsets = await admin.offsets(topic)
  const partitions = description.partitions.map((partition) => {
    const known = offsets.find((one) => one.partition === partition.partition)
    return { ...partition, low: known?.low ?? 0, end: known?.high ?? 0 }
  })
  return { partitions, unsafe: unsafeReasons(description), missing: false }
}

async function pictureSubscription(
  admin: KafkaAdmin,
  group: string,
  topic: string | undefined,
): Promise<SubscriptionPicture> {
  if (topic === undefined) return { committed: new Map(), owners: new Map() }
  const [committed, members] = [await admin.committed(group, topic), await admin.groupMembers(group)]
  return {
    committed: new Map(committed.map(({ partition, offset }) => [partition, offset])),
    owners: new Map(members.flatMap((member) => ownedBy(member, topic))),
  }
}

const ownedBy = ({ assignment, clientId }: GroupMember, topic: string) =>
  (assignment[topic] ?? []).map((partition) => [partition, clientId] as const)

async function mapSome<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))))
  }
  return results
}
