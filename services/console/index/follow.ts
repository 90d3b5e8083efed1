import type { KafkaAdmin, PartitionOffsets } from '#shared/kafka/admin.ts'
import type { Followed, IndexStore } from './store.ts'

type Options = {
  admin: Pick<KafkaAdmin, 'offsets' | 'read' | 'describeTopic'>
  store: IndexStore
  /** Records and sums older than this are passed over. */
  oldestMs: number
  goesOn(): boolean
  /** Hears of a topic that cannot be read now. */
  onTrouble(topic: string, error: unknown): void
}

const chunkBytes = 2 * 1024 * 1024
/** So many topics are read at a time: enough to hide the way to the brokers, few enough to bound what is in memory. */
const atOnce = 4

/**
 * Reads every topic to the end that it had at the beginning of the round. Resolves with whether all of it was read: then
 * everything is known that was there when the round began.
 */
export async function followRound(topics: readonly Followed[], options: Options): Promise<boolean> {
  const rest = [...topics]
  let isWhole = true
  const work = async () => {
    for (let of = rest.shift(); of !== undefined && options.goesOn(); of = rest.shift()) {
      try {
        await readTopic(of, options)
      } catch (error) {
        if (isOfStore(error)) throw error
        if (await isGone(of.topic, options)) continue
        isWhole = false
        options.onTrouble(of.topic, error)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return isWhole && options.goesOn()
}

/** There is nothing to be known of a topic that is not there. */
async function isGone(topic: string, { admin }: Options): Promise<boolean> {
  return await admin.describeTopic(topic).then(
    (description) => description === undefined,
    () => false,
  )
}

/** Errors of SQLite are not the log's: the index is broken then. */
const isOfStore = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'ERR_SQLITE_ERROR'

async function readTopic(of: Followed, options: Options): Promise<void> {
  for (const bounds of await options.admin.offsets(of.topic)) await readPartition(of, bounds, options)
}

async function readPartition(
  of: Followed,
  { partition, low, high }: PartitionOffsets,
  options: Options,
): Promise<void> {
  const { admin, store, oldestMs, goesOn } = options
  const known = store.position(of.topic, partition)
  // Beyond the end: the log was made anew, or has lost records. What it has now is read from its beginning.
  if (known !== null && known > high) store.forgetPosition(of.topic, partition)
  let from = known === null || known > high ? low : Math.max(low, known)
  while (from < high && goesOn()) {
    const range = { topic: of.topic, partition, from, to: high, mostBytes: chunkBytes }
    const { records, next } = await admin.read(range)
    store.apply({ of, partition, next, records }, oldestMs)
    from = next
  }
}
