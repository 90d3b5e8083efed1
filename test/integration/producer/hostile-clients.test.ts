import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { defaultLimits } from '#shared/limits.ts'
import { startProducerProcess } from '../../support/producer-process.ts'
import { until } from '../../support/until.ts'
import { createInstallation } from './fixture.ts'
import type { CrowdReport } from './hostile-crowd.ts'

async function setUp(t: TestContext) {
  const installation = await createInstallation(t)
  const topic = await installation.createStream('orders')
  const key = await installation.createKey(['publish:*'])
  const { child, port } = await startProducerProcess(installation)
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 32 })
  installation.defer(() => pool.destroy())
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ order: 'x'.repeat(1_000) })
  let shed = 0
  /** A producer that has no core for itself sheds load, whoever causes it: then a good client comes again. */
  const publish = async (): Promise<number> => {
    const answer = await pool.request({ method: 'POST', path: '/v1/streams/orders/events', headers, body })
    const text = await answer.body.text()
    if (answer.statusCode !== 503 || JSON.parse(text).code !== 'overloaded') return answer.statusCode
    shed += 1
    await pause(Number(answer.headers['retry-after']) * 1_000)
    return publish()
  }
  return { installation, topic, key, child, port, publish, shed: () => shed }
}

const perSecond = 200

/** So many publishes a second; how long each took, ms, and what else than 202 came. */
async function goodTraffic(publish: () => Promise<number>, seconds: number) {
  const took: number[] = []
  const failures: unknown[] = []
  const one = async () => {
    const startedAtMs = performance.now()
    const status = await publish().catch((error: unknown) => error)
    took.push(performance.now() - startedAtMs)
    if (status !== 202) failures.push(status)
  }
  const under: Promise<void>[] = []
  const startedAtMs = performance.now()
  await until('the time is over', () => {
    const elapsedMs = performance.now() - startedAtMs
    const due = Math.floor((Math.min(elapsedMs, seconds * 1_000) * perSecond) / 1_000)
    while (under.length < due) under.push(one())
    return elapsedMs >= seconds * 1_000
  })
  await Promise.all(under)
  return { took, failures }
}

const p99 = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0

function startCrowd(port: number, key: string) {
  const child = fork(fileURLToPath(new URL('hostile-crowd.ts', import.meta.url)), [String(port), key, '10'])
  return async () => {
    child.send('stop')
    const [report] = (await once(child, 'message')) as [CrowdReport]
    return report
  }
}

test('hostile clients of every kind are answered or cut off, store nothing and do not hurt the good ones', async (t) => {
  const { installation, topic, key, child, port, publish, shed } = await setUp(t)
  const { pid } = child
  await goodTraffic(publish, 2)
  const before = await goodTraffic(publish, 6)
  const stop = startCrowd(port, key)
  const beside = await goodTraffic(publish, 6)
  const { ended, statuses } = await stop()
  const after = await goodTraffic(publish, 1)
  const [calm, hurt] = [p99(before.took), p99(beside.took)]
  t.diagnostic(`p99 ${calm.toFixed(1)} ms alone, ${hurt.toFixed(1)} ms beside them: ${(hurt / calm).toFixed(2)} times`)
  t.diagnostic(`shed: ${shed()}`)
  t.diagnostic(`answers to hostile clients: ${JSON.stringify(statuses)}`)
  assert.deepEqual([...before.failures, ...beside.failures, ...after.failures], [])
  assert.deepEqual([child.pid, child.exitCode], [pid, null])
  const kinds = Object.entries(ended)
  assert.equal(kinds.length, 14, 'a connection of every kind has ended')
  // Who leaves first or never reads gets no answer, and 202 is for nobody.
  const silenced = kinds.filter(([, { answered }]) => answered === 0).map(([kind]) => kind)
  assert.deepEqual(silenced.sort(), ['deaf pipeliner', 'early end'])
  assert.ok(
    Object.keys(statuses).every((status) => /^(4\d\d|shed)$/.test(status)),
    JSON.stringify(statuses),
  )
  const records = await installation.follow(topic)
  const good = 9 + 6
  await until('all good ones are read', () => records.length >= good * perSecond)
  const last = await goodTraffic(publish, 1)
  await until('the last one is read', () => records.length >= (good + 1) * perSecond)
  assert.deepEqual([last.failures, records.length], [[], (good + 1) * perSecond])
})

/** As many as this process may open beside what it needs itself: node raises its soft limit to the hard one at the start. */
function mostSockets(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits: { open_files: { soft: number | string } }
  }
  const { soft } = userLimits.open_files
  return Math.min(10_000, typeof soft === 'number' ? soft - 1_000 : 10_000)
}

async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  // In portions: the queue of the listening socket holds a few hundred.
  while (sockets.length < count) {
    const portion = Array.from({ length: Math.min(200, count - sockets.length) }, () => connect(port, '127.0.0.1'))
    for (const socket of portion) socket.on('error', () => {}).resume()
    await Promise.all(portion.map((socket) => once(socket, 'connect')))
    sockets.push(...portion)
  }
  return sockets
}

test('10,000 idle connections are capped, and an honest client is served beside them', async (t) => {
  const { installation, child, port, publish } = await setUp(t)
  const count = mostSockets()
  const most = defaultLimits.TAILRACE_LIMIT_CONNECTIONS
  const idle = await openIdle(port, count)
  installation.defer(async () => {
    for (const socket of idle) socket.destroy()
  })
  const startedAtMs = performance.now()
  assert.equal(await publish(), 202)
  t.diagnostic(`served in ${(performance.now() - startedAtMs).toFixed(0)} ms beside ${count} idle connections`)
  await until('the rest is closed', () => idle.filter((socket) => !socket.destroyed).length <= most)
  assert.equal(child.exitCode, null)
})
