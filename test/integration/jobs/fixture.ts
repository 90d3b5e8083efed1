import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { topicNames } from '#shared/catalog/names.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { readConsumerConfig } from '../../../services/consumer/config.ts'
import { type ConsumerService, startConsumer } from '../../../services/consumer/service.ts'
import { uniqueName } from '../../support/dependencies.ts'
import type { Received, Receiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import type { ConsoleClient, Json } from '../console/console-client.ts'
import { createInstallation, type Installation, quietLog } from '../console/running-console.ts'
import { connectionOf } from '../kafka/fixture.ts'

export type Event = { key: string | null; id: string }

/** A console and a stream `orders` with three partitions; consumers are started by the test. */
export type Workshop = {
  installation: Installation
  api: ConsoleClient
  /** A subscription to the receiver, from the beginning. */
  subscribe(receiver: Pick<Receiver, 'url'>, members?: object): Promise<string>
  publish(events: readonly Event[]): Promise<void>
  runConsumer(instance: string): Promise<ConsumerService>
  /** A consumer in a process of its own, which can die. */
  forkConsumer(instance: string): Promise<ChildProcess>
  /** Waits until there are so many dead letters. */
  untilDead(count: number): Promise<void>
  job(id: string): Promise<Json>
  /** Starts a job and gives its id. */
  begin(path: string, body?: object): Promise<string>
  untilOver(id: string): Promise<Json>
}

const partitions = 3

export async function openWorkshop(t: TestContext): Promise<Workshop> {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  assert.equal((await api('PUT', '/v1/streams/orders', { partitions })).status, 201)
  assert.equal((await api('DELETE', '/v1/subscriptions/demo-inbox')).status, 204)
  const lanes = openLanes({ connection: connectionOf('publisher'), metrics: createMetrics(), kind: 'shared' })
  installation.defer(() => lanes.close())
  const topic = topicNames(installation.prefix).events('orders')
  const masterKey = readFileSync(join(installation.folder, 'master.key'), 'utf8').trim()
  const env = (instance: string) => {
    const { TAILRACE_SECRETS_DIR: _, ...rest } = installation.env
    const own = { TAILRACE_MASTER_KEY: masterKey, TAILRACE_INSTANCE_ID: instance, TAILRACE_ADMIN_PORT: '0' }
    return { ...rest, ...own, TAILRACE_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent' }
  }
  const deadCount = async () => Number((await api('GET', '/v1/dead-letters/summary')).body.total)
  const job = async (id: string) => (await api('GET', `/v1/jobs/${id}`)).body
  return {
    ...{ installation, api, job },
    async subscribe({ url }, members = {}) {
      const name = uniqueName('billing')
      const body = { stream: 'orders', from: 'earliest', destination: { targets: [{ url }] }, ...members }
      assert.equal((await api('PUT', `/v1/subscriptions/${name}`, body)).status, 201)
      return name
    },
    async publish(events) {
      await Promise.all(
        events.map(({ key, id }) => {
          const bytes = key === null ? null : Buffer.from(key)
          const partition = bytes === null ? 0 : lanes.partitionForKey(bytes, partitions)
          const ce = { ce_specversion: '1.0', ce_id: id, ce_source: '/shop', ce_type: 'order.created' }
          const headers = { ...ce, 'content-type': 'application/json' }
          return lanes.append(topic, partition, { key: bytes, value: Buffer.from(`{"id":"${id}"}`), headers })
        }),
      )
    },
    async runConsumer(instance) {
      const service = await startConsumer(readConsumerConfig(env(instance)), quietLog)
      installation.defer(() => service.stop())
      return service
    },
    async forkConsumer(instance) {
      const main = fileURLToPath(new URL('../../../services/consumer/main.ts', import.meta.url))
      const child = fork(main, { env: env(instance) })
      installation.defer(async () => void child.kill('SIGKILL'))
      await once(child, 'message')
      return child
    },
    untilDead: async (count) => void (await until(`${count} are dead`, async () => (await deadCount()) === count)),
    async begin(path, body) {
      const { status, headers, body: started } = await api('POST', path, body)
      assert.equal(status, 202, JSON.stringify(started))
      assert.equal(headers.get('location'), `/v1/jobs/${started.id}`)
      return String(started.id)
    },
    untilOver: (id) =>
      until(`job ${id} is over`, async () => {
        const seen = await job(id)
        return seen.finishedAt !== null && seen
      }),
  }
}

/** Events with ids `<key>-<number>`, their keys in turn. */
export const keyed = (count: number, keys: number): Event[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `k${index % keys}`,
    id: `k${index % keys}-${Math.floor(index / keys)}`,
  }))

export const idOf = ({ headers }: Received) => String(headers['ce-id'])

/** Asserts that every event was seen, and of each key the first sights in order; gives the number of repeats. */
export function repeatsInOrder(requests: readonly Received[], events: readonly Event[]): number {
  const ids = [...new Set(requests.map(idOf))]
  for (const key of new Set(events.map((event) => event.key))) {
    const expected = events.filter((event) => event.key === key).map(({ id }) => id)
    assert.deepEqual(
      ids.filter((id) => expected.includes(id)),
      expected,
      `order of ${key}`,
    )
  }
  return requests.length - ids.length
}
