import type { Catalog } from '#shared/catalog/catalog.ts'
import type { TopicNames } from '#shared/catalog/names.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Log } from '#shared/observability/log.ts'
import type { Removal } from './removal.ts'

/** Longer than any creation takes from its retry topic to its record in the catalog. */
const everyMs = 10 * 60_000
const catchUpMs = 5_000

type Options = {
  admin: Pick<KafkaAdmin, 'topics'>
  catalog: Pick<Catalog, 'catchUp' | 'has'>
  topics: TopicNames
  removal: Pick<Removal, 'removeLater'>
  log: Log
}

/**
 * Finds the retry topics that no subscription has: of one whose creation failed half-way, or that was deleted just before
 * its console ended. A topic is removed when two rounds, 10 minutes apart, have found it, because one that was made a
 * moment ago has no subscription yet.
 */
export function startSweep({ admin, catalog, topics, removal, log }: Options): { close(): void } {
  let suspects: ReadonlySet<string> = new Set()
  const round = async () => {
    const present = await admin.topics()
    if (!(await catalog.catchUp(catchUpMs))) return
    const found = present.flatMap((retryTopic) => {
      const owner = topics.subscriptionOf(retryTopic)
      if (owner === undefined || catalog.has(recordKey.subscription(owner.uid))) return []
      return [{ retryTopic, group: topics.group(owner.name, owner.uid) }]
    })
    for (const remains of found.filter(({ retryTopic }) => suspects.has(retryTopic))) removal.removeLater(remains)
    suspects = new Set(found.map(({ retryTopic }) => retryTopic))
  }
  const look = () => void round().catch((error) => log.debug({ err: error }, 'the retry topics cannot be listed now'))
  look()
  const timer = setInterval(look, everyMs)
  return { close: () => clearInterval(timer) }
}
