import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { ownTopics, provideTopic } from '#shared/catalog/topics.ts'
import { type KafkaAdmin, openAdmin } from '#shared/kafka/admin.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'

export type CatalogTopic = {
  topic: string
  admin: KafkaAdmin
  /** Writes to the topic past any catalog. */
  lanes: ProduceLanes
  /** One more process's worth of catalog. */
  open(): Promise<Catalog>
}

const log = createLogger('test', { level: 'silent', instance: 'test' })

/** An empty catalog topic of its own; what is opened on it closes before it goes. */
export async function createCatalogTopic(t: TestContext): Promise<CatalogTopic> {
  const names = topicNames(`${uniqueName('catalog')}.`)
  const [spec] = ownTopics(names)
  if (spec === undefined) throw new Error('there is no catalog topic')
  const closers: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const close of closers.reverse()) await close()
  })
  const connectionOf = (name: string) => ({ brokers: testBrokers(), clientId: `test-${name}`, log })
  const admin = await openAdmin(connectionOf('admin'))
  closers.push(() => admin.close())
  await provideTopic(admin, spec)
  closers.push(() => admin.deleteTopic(names.catalog))
  const box = createSecretBox(randomBytes(32))
  const lanes = openLanes({ connection: connectionOf('lanes'), metrics: createMetrics(), kind: 'shared' })
  closers.push(() => lanes.close())
  return {
    ...{ topic: names.catalog, admin, lanes },
    async open() {
      const instance = uniqueName('instance')
      const connection = connectionOf(instance)
      const catalog = await openCatalog({ connection, topic: names.catalog, lanes, instance, box, log })
      closers.push(() => catalog.close())
      return catalog
    },
  }
}
