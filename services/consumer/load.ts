import type { SubscriptionPosition } from '#shared/catalog/model.ts'
import { decodeMetadata, nothingRemembered } from '#shared/delivery/commit-metadata.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { CommittedEntry, GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { AckCache } from './ack-cache.ts'
import type { Committed, CommittedState } from './pair/inputs.ts'
import { isOfPosition } from './tokens.ts'

/** Offsets [from, to). */
export type Range = { from: number; to: number }

/** `skipped`: what an operator's position passes over, undelivered. */
export type LoadedState = CommittedState & { skipped: readonly Range[] }

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
export async function loadState(options: LoadOptions): Promise<Map<number, LoadedState> | null> {
  const { keeper, admin, acks, topics, startOffsets } = options
  // Asked before the commits are: an instance that commits in between must not make ours look lost.
  const started = options.isStarted()
  const entries = await keeper.fetchCommitted()
  const [stream, retry] = await Promise.all([admin.offsets(topics.stream), admin.offsets(topics.retry)])
  const committedOf = (topic: string, partition: number) =>
    entries.find((entry) => entry.topic === topic && entry.partition === partition)
  const found = new Map<number, Stored>()
  for (const { partition, low, high } of stream) {
    const committed = decoded(committedOf(topics.stream, partition))
    const { low: retryLow = 0, high: retryHigh = 0 } = retry.find((one) => one.partition === partition) ?? {}
    const startOffset = startOffsets[String(partition)] ?? low
    const position = moved(options.position, partition, committed)
    const stood = committed ?? { offset: startOffset, ...nothingRemembered }
    found.set(partition, {
      ...{ committed: position ?? committed, startOffset, started },
      log: { low, high },
      retry: {
        committed: committedOf(topics.retry, partition)?.offset ?? null,
        log: { low: retryLow, high: retryHigh },
      },
      skipped: position === null ? [] : unfinishedBetween(stood, position.offset, { low, high }),
    })
  }
  if (!started && !(await begin(options, found))) return null
  return await withDelivered(found, acks)
}

/** What Kafka says of a pair. */
type Stored = Omit<LoadedState, 'delivered'>

/** Asked for after the commits, whose tokens say whose deliveries count. */
async function withDelivered(found: ReadonlyMap<number, Stored>, acks: LoadOptions['acks']) {
  const tokens = new Map<number, string>()
  for (const [partition, { committed }] of found) {
    const token = committed?.token ?? null
    if (token !== null) tokens.set(partition, token)
  }
  const delivered = await acks.read(tokens)
  const states = new Map<number, LoadedState>()
  for (const [partition, state] of found) {
    states.set(partition, { ...state, delivered: delivered.get(partition) ?? new Map() })
  }
  return states
}

/** Null: nothing was ever committed. */
function decoded({ offset, metadata }: Partial<CommittedEntry> = {}): Committed | null {
  if (offset === undefined || offset === null) return null
  return { offset, ...decodeMetadata(metadata ?? '', offset) }
}

/** An operator's position stands in place of the commit, until a commit carries its mark; null: there is none to go to. */
function moved(
  position: SubscriptionPosition | undefined,
  partition: number,
  committed: Committed | null,
): Committed | null {
  const offset = position?.offsets[String(partition)]
  if (position === undefined || offset === undefined) return null
  return isOfPosition(committed?.token ?? '', position.id) ? null : { offset, ...nothingRemembered }
}

/** What was left to be delivered below the position, and is still in the log. */
function unfinishedBetween({ offset, runs }: Committed, position: number, log: CommittedState['log']): Range[] {
  const end = Math.min(position, log.high)
  const ranges: Range[] = []
  let from = Math.max(offset, log.low)
  for (const { start, length } of runs) {
    if (start > from && from < end) ranges.push({ from, to: Math.min(start, end) })
    from = Math.max(from, start + length)
  }
  if (from < end) ranges.push({ from, to: end })
  return ranges
}

async function begin({ keeper, topics, epoch, markStarted }: LoadOptions, found: ReadonlyMap<number, Stored>) {
  const entries = [...found].flatMap(([partition, { committed, startOffset }]) =>
    committed === null ? [{ topic: topics.stream, partition, offset: startOffset, metadata: '' }] : [],
  )
  if ((await keeper.commit(epoch, entries)) === 'stale') return false
  await markStarted()
  return true
}
