import { join } from 'node:path'
import type { Catalog } from '#shared/catalog/catalog.ts'
import type { TopicNames } from '#shared/catalog/names.ts'
import type { Log } from '#shared/observability/log.ts'
import type { ConsoleConfig } from '../config.ts'
import { openSearchIndex, type SearchIndex } from './search-index.ts'

type Options = {
  config: ConsoleConfig
  topics: TopicNames
  clientId: string
  catalog: Pick<Catalog, 'streams' | 'onChange'>
  log: Log
}

/** The search index of this console; it follows the streams of the catalog as they come and go. */
export function openIndex({ config, topics, clientId, catalog, log }: Options): SearchIndex {
  const { attempts, deadLetters, audit } = topics
  const index = openSearchIndex({
    log,
    data: {
      path: join(config.TAILRACE_INDEX_DIR, 'index.db'),
      installation: config.TAILRACE_PREFIX,
      brokers: config.KAFKA_BROKERS.split(','),
      clientId: `${clientId}-index`,
      topics: { attempts, deadLetters, audit, eventsPrefix: topics.events('') },
      retentionMs: config.TAILRACE_INDEX_RETENTION_MS,
      mostBytes: config.TAILRACE_INDEX_BYTES,
      logLevel: config.TAILRACE_LOG_LEVEL,
    },
  })
  const follow = () =>
    index.follow(
      catalog.streams().map(({ name, topic, defaultType, createdAt }) => ({ name, topic, defaultType, createdAt })),
    )
  follow()
  const stop = catalog.onChange(follow)
  return {
    ...index,
    close() {
      stop()
      return index.close()
    },
  }
}
