import type { Catalog } from '#shared/catalog/catalog.ts'
import type { TopicNames } from '#shared/catalog/names.ts'
import { ownerOf, recordKey } from '#shared/catalog/record-keys.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Log } from '#shared/observability/log.ts'
import { oldJobs } from './old-jobs.ts'
import type { Removal } from './removal.ts'

/** Longer than any creation takes from its retry topic to its record in the catalog. */
const everyMs = 10 * 60_000
const catchUpMs = 5_000

type Options = {
  admin: Pick<KafkaAdmin, 'topics'>
  catalog: Pick<Catalog, 'catchUp' | 'has' | 'recordKeys' | 'overwritten' | 'jobs' | 'jobState'>
  topics: TopicNames
  removal: Pick<Removal, 'removeLater'>
  /** Removes records of the catalog, in a turn, which mends what was overwritten. */
  forget(keys: readonly string[]): Promise<void>
  log: Log
}

/**
 * Finds what no subscription has: retry topics, and records of the catalog, of one whose creation failed half-way, or that
 * was deleted just before its console ended. It is removed when two rounds, 10 minutes apart, have found it, because what
 * was made a moment ago has no subscription yet. Forgets old jobs, and mends what a console left that lost its turn and ended.
 */
export function startSweep({ admin, catalog, topics, removal, forget, log }: Options): { close(): void } {
  let suspects: ReadonlySet<string> = new Set()
  const isNobodys = (key: string) => {
    const owner = ownerOf(key)
    return owner !== undefined && !catalog.has(owner)
  }
  const round = async () => {
    const present = await admin.topics()
    if (!(await catalog.catchUp(catchUpMs))) return
    const found = present.flatMap((retryTopic) => {
      const owner = topics.subscriptionOf(retryTopic)
      if (owner === undefined || catalog.has(recordKey.subscription(owner.uid))) return []
      return [{ retryTopic, group: topics.group(owner.name, owner.uid) }]
    })
    for (const remains of found.filter(({ retryTopic }) => suspects.has(retryTopic))) removal.removeLater(remains)
    const records = catalog.recordKeys().filter(isNobodys)
    const old = oldJobs(catalog, Date.now()).flatMap((id) => [recordKey.jobState(id), recordKey.job(id)])
    const gone = [...records.filter((key) => suspects.has(key)), ...old.filter((key) => catalog.has(key))]
    suspects = new Set([...found.map(({ retryTopic }) => retryTopic), ...records])
    if (gone.length > 0 || catalog.overwritten().length > 0) await forget(gone)
  }
  const look = () =>
    void round().catch((error) => log.debug({ err: error }, 'what subscriptions left cannot be looked for now'))
  look()
  const timer = setInterval(look, everyMs)
  return { close: () => clearInterval(timer) }
}
