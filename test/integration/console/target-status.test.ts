import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { readConsumerConfig } from '../../../services/consumer/config.ts'
import { startConsumer } from '../../../services/consumer/service.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, type Installation, quietLog } from './running-console.ts'

type TargetStatus = { url: string; breaker: string | null; lastError: string | null; healthy: boolean | null }
type Status = { phase: string; targets: TargetStatus[] }
type State = {
  problems: { code: string; what: string }[]
  subscriptions: { name: string; targets: TargetStatus[] }[]
}

const path = '/v1/subscriptions/billing'

async function runConsumer({ env, folder, defer }: Installation): Promise<void> {
  const own = { TAILRACE_INSTANCE_ID: 'consumer-test', TAILRACE_ADMIN_PORT: '0' }
  const masterKey = readFileSync(join(folder, 'master.key'), 'utf8').trim()
  const { TAILRACE_SECRETS_DIR: _, ...shared } = env
  const service = await startConsumer(
    readConsumerConfig({ ...shared, ...own, TAILRACE_MASTER_KEY: masterKey }),
    quietLog,
  )
  defer(() => service.stop())
}

test('the API shows each target as the consumers see it, and a resume puts one back that answered 410', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const [well, dead, gone] = [await createReceiver(t), await createReceiver(t), await createReceiver(t)]
  await dead.refuse()
  gone.behave({ kind: 'answer', status: 410 })
  const targets = [well, dead, gone].map(({ url }) => ({ url }))
  assert.equal((await api('PUT', path, { stream: 'demo', destination: { targets } })).status, 201)
  await runConsumer(installation)
  const connection = { brokers: testBrokers(), clientId: 'test-publish', log: quietLog }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  t.after(() => lanes.close())
  const publish = () =>
    lanes.append(`${installation.prefix}events.demo`, 0, { key: null, value: Buffer.from('x'), headers: {} })
  for (let count = 0; count < 30; count += 1) await publish()

  const status = async () => (await api('GET', path)).body.status as Status
  const seen = await until('two targets are out', async () => {
    const now = await status()
    return now.targets.filter(({ healthy }) => healthy === false).length === 2 && now
  })
  assert.equal(seen.phase, 'active')
  assert.deepEqual(
    seen.targets.map(({ url, healthy, lastError }) => ({ url, healthy, lastError })),
    [
      { url: well.url, healthy: true, lastError: null },
      { url: dead.url, healthy: false, lastError: 'connect ECONNREFUSED' },
      { url: gone.url, healthy: false, lastError: 'target answered 410' },
    ],
  )
  const state = (await api('GET', '/v1/state')).body as unknown as State
  assert.equal(state.problems.filter(({ code }) => code === 'target-left-out').length, 2)
  const shown = state.subscriptions.find(({ name }) => name === 'billing')?.targets ?? []
  assert.deepEqual(
    shown.map(({ healthy }) => healthy),
    [true, false, false],
  )

  gone.behave({ kind: 'answer' })
  const before = gone.requests.length
  const { body } = await api('GET', path)
  assert.notEqual((await api('POST', `${path}/resume`)).body.revision, body.revision)
  await until('it takes its share again', async () => {
    await publish()
    return gone.requests.length > before
  })
  await until('the API says so', async () => (await status()).targets[2]?.healthy === true)
})
