/*
 * How fast one producer takes single events: closed loop, 1 KB JSON, keyless and with 10,000 keys. Prints a table; asserts
 * nothing. Needs KAFKA_BROKERS; `node test/bench/publish.ts [seconds]`. The client is this process, the producer another.
 */
import { Pool, request } from 'undici'
import { createInstallation } from '../integration/producer/fixture.ts'
import { startProducerProcess } from '../support/producer-process.ts'

type Shape = { connections: number; keys: number }
type Row = Shape & { rate: number; p50: number; p99: number; worst: number; cpu: number; failed: number }

const measuredMs = Number(process.argv[2] ?? 10) * 1_000
const warmUpMs = 3_000
const shapes: Shape[] = [64, 256].flatMap((connections) => [0, 10_000].map((keys) => ({ connections, keys })))
const body = Buffer.from(JSON.stringify({ order: 'x'.repeat(1_010) }))

const closers: (() => Promise<void>)[] = []
const installation = await createInstallation({ after: (close) => void closers.push(close) })
try {
  await installation.createStream('bench', { partitions: 6 })
  const key = await installation.createKey(['publish:*'])
  const { port, adminUrl } = await startProducerProcess({
    env: installation.env,
    execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [],
    defer: installation.defer,
  })
  for (const shape of shapes) print(await measure(shape, { url: `http://127.0.0.1:${port}`, adminUrl, key }))
} finally {
  for (const close of closers) await close()
}

type Place = { url: string; adminUrl: string; key: string }

async function measure(shape: Shape, { url, adminUrl, key }: Place): Promise<Row> {
  const pool = new Pool(url, { connections: shape.connections })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const latencies: number[] = []
  let failed = 0
  let isMeasuring = false
  let isOver = false
  const publish = async () => {
    while (!isOver) {
      const query = shape.keys === 0 ? '' : `?key=k${Math.floor(Math.random() * shape.keys)}`
      const started = performance.now()
      const answer = await pool.request({ method: 'POST', path: `/v1/streams/bench/events${query}`, headers, body })
      await answer.body.dump()
      if (isMeasuring) latencies.push(performance.now() - started)
      if (answer.statusCode !== 202) failed += 1
    }
  }
  const loops = Array.from({ length: shape.connections }, publish)
  await pause(warmUpMs)
  const [cpuBefore, since] = [await cpuSeconds(adminUrl), performance.now()]
  isMeasuring = true
  await pause(measuredMs)
  isMeasuring = false
  const [cpuAfter, until] = [await cpuSeconds(adminUrl), performance.now()]
  isOver = true
  await Promise.all(loops)
  await pool.close()
  return {
    ...shape,
    ...summary(latencies, until - since),
    cpu: ((cpuAfter - cpuBefore) / latencies.length) * 1e4,
    failed,
  }
}

function summary(latencies: number[], ms: number) {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { rate: (sorted.length / ms) * 1_000, p50: at(0.5), p99: at(0.99), worst: at(1) }
}

async function cpuSeconds(adminUrl: string): Promise<number> {
  const text = await (await request(`${adminUrl}/metrics`)).body.text()
  return Number(/^process_cpu_seconds_total\S* ([\d.e+-]+)/m.exec(text)?.[1])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function print({ connections, keys, rate, p50, p99, worst, cpu, failed }: Row): void {
  const shape = `${String(connections).padStart(3)} connections, ${keys === 0 ? 'no key     ' : `${keys} keys`}`
  const latency = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(0)} ms`
  console.log(
    `${shape}: ${rate.toFixed(0).padStart(6)}/s, ${latency}, producer CPU ${cpu.toFixed(2)} s/10k, ${failed} failed`,
  )
}
