import type { SubscriptionPosition } from '#shared/catalog/model.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { AckCache } from './ack-cache.ts'
import { decodeMetadata } from './pair/commit-metadata.ts'
import type { CommittedState } from './pair/inputs.ts'
import { isOfPosition } from './tokens.ts'

export type LoadOptions = {
  keeper: Pick<GroupKeeper, 'commit' | 'fetchCommitted'>
  admin: Pick<KafkaAdmin, 'offsets'>
  acks: Pick<AckCache, 'read'>
  topics: { stream: string; retry: string }
  epoch: number
  startOffsets: Readonly<Record<string, number>>
  /** Where an operator wants it to go on; counts until a commit says that it was gone to. */
  position: SubscriptionPosition | undefined
  /** Whether the state record says that deliveries had begun. */
  isStarted(): boolean
  /** Writes into the state record that they have begun now. */
  markStarted(): Promise<void>
}

/**
 * Reads where each pair of the subscription stands: first what is committed, and only then where the logs begin and end,
 * because a commit of somebody else may come in between. At the very first time every partition gets a commit at its
 * start position, those of other instances included, and only then the state record says `startedAt`: so from then on a
 * missing commit is a lost one, whoever looks, and never just somebody who came second. Null when the ownership ended
 * meanwhile. Rejects while Kafka does not answer.
 */
export async function loadState(options: LoadOptions): Promise<Map<number, CommittedState> | null> {
  const { keeper, admin, acks, topics, startOffsets } = options
  // Asked before the commits are: an instance that commits in between must not make ours look lost.
  const started = options.isStarted()
  const entries = await keeper.fetchCommitted()
  const [stream, retry] = await Promise.all([admin.offsets(topics.stream), admin.offsets(topics.retry)])
  const committedOf = (topic: string, partition: number) =>
    entries.find((entry) => entry.topic === topic && entry.partition === partition)
  const found = new Map<number, Stored>()
  for (const { partition, low, high } of stream) {
    const { offset = null, metadata = '' } = committedOf(topics.stream, partition) ?? {}
    const committed = offset === null ? null : { offset, metadata }
    const { low: retryLow = 0, high: retryHigh = 0 } = retry.find((one) => one.partition === partition) ?? {}
    found.set(partition, {
      committed: moved(options.position, partition, committed),
      startOffset: startOffsets[String(partition)] ?? low,
      started,
      log: { low, high },
      retry: {
        committed: committedOf(topics.retry, partition)?.offset ?? null,
        log: { low: retryLow, high: retryHigh },
      },
    })
  }
  if (!started && !(await begin(options, found))) return null
  return await withDelivered(found, acks)
}

/** What Kafka says of a pair. */
type Stored = Omit<CommittedState, 'delivered'>

/** Asked for after the commits, whose tokens say whose deliveries count. */
async function withDelivered(found: ReadonlyMap<number, Stored>, acks: LoadOptions['acks']) {
  const tokens = new Map<number, string>()
  for (const [partition, { committed }] of found) {
    const { token } = decodeMetadata(committed?.metadata ?? '', committed?.offset ?? 0)
    if (token !== null) tokens.set(partition, token)
  }
  const delivered = await acks.read(tokens)
  const states = new Map<number, CommittedState>()
  for (const [partition, state] of found) {
    states.set(partition, { ...state, delivered: delivered.get(partition) ?? new Map() })
  }
  return states
}

type Committed = CommittedState['committed']

/** An operator's position stands in place of the commit, until a commit carries its mark. */
function moved(position: SubscriptionPosition | undefined, partition: number, committed: Committed): Committed {
  const offset = position?.offsets[String(partition)]
  if (position === undefined || offset === undefined) return committed
  const { token } = decodeMetadata(committed?.metadata ?? '', committed?.offset ?? 0)
  return isOfPosition(token ?? '', position.id) ? committed : { offset, metadata: '' }
}

async function begin({ keeper, topics, epoch, markStarted }: LoadOptions, found: ReadonlyMap<number, Stored>) {
  const entries = [...found].flatMap(([partition, { committed, startOffset }]) =>
    committed === null ? [{ topic: topics.stream, partition, offset: startOffset, metadata: '' }] : [],
  )
  if ((await keeper.commit(epoch, entries)) === 'stale') return false
  await markStarted()
  return true
}
