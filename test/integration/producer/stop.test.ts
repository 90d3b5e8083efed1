import assert from 'node:assert/strict'
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { firstMessage } from '../../support/first-message.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { createInstallation } from './fixture.ts'

// As the launcher does it: this process owns the listening socket and shares it among the producers.
cluster.schedulingPolicy = cluster.SCHED_NONE
cluster.setupPrimary({
  exec: fileURLToPath(new URL('../../../services/producer/main.ts', import.meta.url)),
  silent: true,
})

async function startWorker(env: Record<string, string>): Promise<Worker> {
  const worker = cluster.fork(env)
  worker.process.stderr?.pipe(process.stderr)
  worker.process.stdout?.resume()
  await firstMessage(worker, 'the producer')
  return worker
}

test('a producer that is told to stop under load fails no request, and everything acknowledged is in the log', async (t) => {
  const installation = await createInstallation(t)
  const topic = await installation.createStream('orders')
  const key = await installation.createKey(['publish:*'])
  const port = await freePort()
  const env = { ...installation.env, TAILRACE_PORT: String(port), TAILRACE_LOG_LEVEL: 'error' }
  const [leaving, staying] = await Promise.all(
    ['p-1', 'p-2'].map((name) => startWorker({ ...env, TAILRACE_INSTANCE_ID: name })),
  )
  assert.ok(leaving !== undefined && staying !== undefined)
  installation.defer(async () => {
    staying.process.kill('SIGTERM')
    await once(staying, 'exit')
  })

  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 32 })
  installation.defer(() => pool.close())
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const positions: string[] = []
  const failures: unknown[] = []
  let isOver = false
  const publishForEver = async (lane: number) => {
    while (!isOver) {
      try {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: `/v1/streams/orders/events?key=${lane}`,
          headers,
          body: '1',
        })
        const answer = (await body.json()) as { position: string; code?: string }
        if (statusCode === 202) positions.push(answer.position)
        // A producer without a core for itself sheds load, whether anybody stops or not.
        else if (answer.code !== 'overloaded') failures.push(answer)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const publishers = Array.from({ length: 32 }, (_, lane) => publishForEver(lane))
  await until('the load runs', () => positions.length > 2_000)
  const exited = once(leaving, 'exit')
  leaving.process.kill('SIGTERM')
  const [exitCode] = (await exited) as [number]
  const atExit = positions.length
  await until('the other one goes on', () => positions.length > atExit + 500)
  isOver = true
  await Promise.all(publishers)
  t.diagnostic(`${positions.length} acknowledged, ${failures.length} failed`)
  assert.deepEqual(failures, [])
  assert.equal(exitCode, 0)

  const records = await installation.follow(topic)
  await until('all records are read', () => records.length >= positions.length)
  const stored = new Set(records.map(({ partition, offset }) => `orders-${partition}-${offset}`))
  assert.deepEqual(
    positions.filter((position) => !stored.has(position)),
    [],
  )
  assert.deepEqual([records.length, new Set(positions).size], [positions.length, positions.length])
})
