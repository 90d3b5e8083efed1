/*
 * What recognising repeats costs: bytes per event in Redis, and publishes per second with and without it in one run (closed
 * loop, 1 KB JSON, 64 connections, keyless). Prints tables; asserts nothing. Needs KAFKA_BROKERS and REDIS_URL;
 * `node test/bench/idempotency.ts [seconds]`. Without KAFKA_BROKERS only the bytes are measured.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Pool, request } from 'undici'
import { openRedis } from '#shared/redis/connection.ts'
import { eventIdOf } from '../../services/producer/idempotency/identity.ts'
import { openIdempotency } from '../../services/producer/idempotency/open.ts'
import { createInstallation, type Installation } from '../integration/producer/fixture.ts'
import { testRedisUrl, uniqueName } from '../support/dependencies.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const events = 10_000
const measuredMs = Number(process.argv[2] ?? 10) * 1_000
const warmUpMs = 3_000
const connections = 64
const rounds = 2
const body = Buffer.from(JSON.stringify({ order: 'x'.repeat(1_010) }))

await measureBytes('source and id', null)
await measureBytes('Idempotency-Key', 'key')
if (process.env.KAFKA_BROKERS !== undefined) await measureThroughput()

async function measureBytes(name: string, key: string | null): Promise<void> {
  const redis = openRedis({ url: testRedisUrl(), log: pino({ level: 'silent' }) })
  await until('redis is up', () => redis.up())
  const prefix = `${uniqueName('tailrace').slice(0, 8)}.`
  const [observe, lookBack] = [() => {}, { find: async () => new Map<never, number>() }]
  const idempotency = openIdempotency({ redis, prefix, windowMs: 60_000, observe, lookBack })
  const used = async () =>
    Number(/used_memory:(\d+)/.exec((await redis.tryRun((client) => client.info('memory'))) ?? '')?.[1])
  await redis.tryRun((client) => client.flushall())
  const before = await used()
  for (let index = 0; index < events; index += 1) {
    const scope = { keyId: '8fK2mQ0xZa1b', stream: 'orders' }
    const id = key === null ? `order-${index}` : eventIdOf(scope, `${key}-${index}`, 0)
    const [source, webhookId] = ['/keys/shop-backend', 'evt_']
    const event = { id, source, webhookId, hasOwnId: key === null, record: { key: null, value: body, headers: {} } }
    const places = { topic: 'tailrace.events.orders', partitions: [3] }
    const whole = { ...scope, key: key === null ? null : `${key}-${index}`, body, events: [event], ...places }
    const dedup = await idempotency.deduplicate(whole)
    const offset = 100_000 + index
    dedup?.ended(0, { id, source, webhookId, partition: 3, offset, position: `orders-3-${offset}`, replayed: false })
    await dedup?.settled()
  }
  const after = await used()
  const keys = (await redis.tryRun((client) => client.keys('*'))) ?? []
  let sum = 0
  for (const one of keys) sum += Number(await redis.tryRun((client) => client.memory('USAGE', one)))
  const [example = ''] = keys
  const value = await redis.tryRun((client) => client.get(example))
  console.log(
    `${name}: MEMORY USAGE ${(sum / keys.length).toFixed(0)} bytes per event, used_memory ${((after - before) / events).toFixed(0)}`,
  )
  console.log(`  ${keys.length} keys, for example ${example} = ${value}`)
  await redis.tryRun((client) => client.flushall())
  idempotency.close()
  redis.close()
}

type Place = { url: string; adminUrl: string; key: string }
type Shape = { name: string; place: Place; hasId: boolean }

async function measureThroughput(): Promise<void> {
  const closers: (() => Promise<void>)[] = []
  const installation = await createInstallation({ after: (close) => void closers.push(close) })
  try {
    await installation.createStream('bench', { partitions: 6 })
    const key = await installation.createKey(['publish:*'])
    const checked = { ...(await startProducer(installation, testRedisUrl())), key }
    const unchecked = { ...(await startProducer(installation, '')), key }
    const shapes: Shape[] = [
      { name: 'plain, Redis configured  ', place: checked, hasId: false },
      { name: 'own id, no Redis         ', place: unchecked, hasId: true },
      { name: 'own id, Redis            ', place: checked, hasId: true },
    ]
    for (let round = 0; round < rounds; round += 1) for (const shape of shapes) console.log(await measure(shape))
  } finally {
    for (const close of closers) await close()
  }
}

async function startProducer(installation: Installation, redisUrl: string) {
  const port = await freePort()
  const main = fileURLToPath(new URL('../../services/producer/main.ts', import.meta.url))
  const settings = { TAILRACE_PORT: String(port), TAILRACE_LOG_LEVEL: 'warn', REDIS_URL: redisUrl }
  const child: ChildProcess = fork(main, { env: { ...process.env, ...installation.env, ...settings } })
  installation.defer(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const [{ adminUrl }] = (await once(child, 'message')) as [{ adminUrl: string }]
  return { url: `http://127.0.0.1:${port}`, adminUrl }
}

async function measure({ name, place, hasId }: Shape): Promise<string> {
  const pool = new Pool(place.url, { connections })
  const common = { authorization: `Bearer ${place.key}`, 'content-type': 'application/json' }
  const ce = { ...common, 'ce-specversion': '1.0', 'ce-source': '/bench', 'ce-type': 'order' }
  const run = uniqueName('run')
  const latencies: number[] = []
  let [count, failed] = [0, 0]
  let [isMeasuring, isOver] = [false, false]
  const publish = async () => {
    while (!isOver) {
      count += 1
      const headers = hasId ? { ...ce, 'ce-id': `${run}-${count}` } : common
      const started = performance.now()
      const answer = await pool.request({ method: 'POST', path: '/v1/streams/bench/events', headers, body })
      await answer.body.dump()
      if (isMeasuring) latencies.push(performance.now() - started)
      if (answer.statusCode !== 202) failed += 1
    }
  }
  const loops = Array.from({ length: connections }, publish)
  await pause(warmUpMs)
  const before = await cpuSeconds(place.adminUrl)
  isMeasuring = true
  await pause(measuredMs)
  isMeasuring = false
  const cpu = ((await cpuSeconds(place.adminUrl)) - before) / latencies.length
  isOver = true
  await Promise.all(loops)
  await pool.close()
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)
  const rate = ((sorted.length / measuredMs) * 1_000).toFixed(0)
  return `${name} ${rate.padStart(6)}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, producer CPU ${(cpu * 1e4).toFixed(2)} s/10k, ${failed} failed`
}

async function cpuSeconds(adminUrl: string): Promise<number> {
  const text = await (await request(`${adminUrl}/metrics`)).body.text()
  return Number(/^process_cpu_seconds_total\S* ([\d.e+-]+)/m.exec(text)?.[1])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
