import { patchable } from './patched-client.ts'

type Broker = { nodeId: number | null }
/** What the patch uses of kafkajs/src/cluster/brokerPool. */
export type BrokerPool = {
  /** Connections by the number of their broker. */
  brokers: Record<string, Broker>
  /** null: whoever needs metadata reads them anew. */
  metadataExpireAt: number | null
  refreshMetadata(topics: readonly string[]): Promise<void>
}

/**
 * While kafkajs reads metadata, the end of a connection may make it choose another seed broker; it then gives that one the
 * number of the former. Its connection stays in the table under its own number, and until the client is closed every produce
 * request for that broker goes out without a partition in it, which looks like a topic that nobody knows. Here a connection
 * whose number is not its place in the table leaves it, and the next request makes a new one. False, and nothing changed, for
 * an unknown version.
 */
export function patchBrokerPool(): boolean {
  const prototype = patchable<{ prototype: BrokerPool & { [mark]?: true } }>('cluster/brokerPool')?.prototype
  if (prototype === undefined) return false
  if (prototype[mark]) return true
  const { refreshMetadata } = prototype
  prototype[mark] = true
  prototype.refreshMetadata = async function refreshAndCheck(this: BrokerPool, topics) {
    try {
      await refreshMetadata.call(this, topics)
    } finally {
      removeMisplaced(this)
    }
  }
  return true
}

const mark = Symbol('checks the numbers of brokers')

function removeMisplaced(pool: BrokerPool): void {
  for (const [place, { nodeId }] of Object.entries(pool.brokers)) {
    if (String(nodeId) === place) continue
    delete pool.brokers[place]
    pool.metadataExpireAt = null
  }
}
