import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { LogBounds } from './pair/inputs.ts'

/** What the log and the group say about one partition at the beginning of an ownership. */
export type LoadedState = {
  committed: { offset: number; metadata: string } | null
  startOffset: number
  started: boolean
  log: LogBounds
}

export type LoadOptions = {
  keeper: GroupKeeper
  admin: KafkaAdmin
  topic: string
  epoch: number
  startOffsets: Readonly<Record<string, number>>
  /** Whether the state record says that deliveries had begun. */
  isStarted(): boolean
  /** Writes into the state record that they have begun now. */
  markStarted(): Promise<void>
}

/**
 * Reads where each partition of the subscription stands. At the very first time every partition gets a commit at its start
 * position, those of other instances included, and only then the state record says `startedAt`: so from then on a missing
 * commit is a lost one, whoever looks, and never just somebody who came second. Null when the ownership ended meanwhile.
 */
export async function loadState(options: LoadOptions): Promise<Map<number, LoadedState> | null> {
  const { keeper, admin, topic } = options
  // Asked before the commits are: an instance that commits in between must not make ours look lost.
  const started = options.isStarted()
  const [committed, bounds] = await Promise.all([keeper.fetchCommitted(), admin.offsets(topic)])
  const found = new Map<number, LoadedState>()
  for (const { partition, low, high } of bounds) {
    const entry = committed.find((one) => one.topic === topic && one.partition === partition)
    const offset = entry?.offset ?? null
    const known = offset === null ? null : { offset, metadata: entry?.metadata ?? '' }
    const startOffset = options.startOffsets[String(partition)] ?? low
    found.set(partition, { committed: known, startOffset, started, log: { low, high } })
  }
  if (!started && !(await begin(options, found))) return null
  return found
}

async function begin({ keeper, topic, epoch, markStarted }: LoadOptions, found: Map<number, LoadedState>) {
  const entries = [...found].flatMap(([partition, { committed, startOffset }]) =>
    committed === null ? [{ topic, partition, offset: startOffset, metadata: '' }] : [],
  )
  if ((await keeper.commit(epoch, entries)) === 'stale') return false
  await markStarted()
  return true
}
