import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createInstallation } from '../integration/consumer/fixture.ts'
import { until } from '../support/until.ts'
import { usageOf } from './processes.ts'

/**
 * Deliveries per second of one consumer process, order per key, from a backlog on a real cluster (KAFKA_BROKERS) to a
 * receiver in a process of its own. `--profile <folder>` writes a CPU profile of the consumer.
 *
 *   node test/bench/delivery.ts [--events 200000] [--keys 10000] [--bytes 1024] [--delay 0] [--concurrency 100]
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    keys: { type: 'string', default: '10000' },
    bytes: { type: 'string', default: '1024' },
    delay: { type: 'string', default: '0' },
    concurrency: { type: 'string', default: '100' },
    profile: { type: 'string' },
  },
})
const [events, keys, bytes, delay, concurrency] = [
  values.events,
  values.keys,
  values.bytes,
  values.delay,
  values.concurrency,
].map(Number) as [number, number, number, number, number]
const chunk = 10_000

const closers: (() => unknown)[] = []
const installation = await createInstallation({ after: (close) => closers.push(close) }, { partitions: 6 })
const receiver = await started('./delivery.receiver.ts', [String(delay)])
const port = (receiver.first as { port: number }).port
const value = Buffer.alloc(bytes, '{"total":100}')
for (let at = 0; at < events; at += chunk) {
  const part = Array.from({ length: Math.min(chunk, events - at) }, (_, index) => at + index)
  await installation.publish(part.map((n) => ({ key: `k${n % keys}`, id: `e${n}`, value })))
}
const subscription = await installation.subscribe({ url: `http://127.0.0.1:${port}/` }, { delivery: { concurrency } })
console.log(`${events} events of ${bytes} bytes, ${keys} keys, receiver ${delay} ms, concurrency ${concurrency}`)
const consumer = fork(fileURLToPath(new URL('../../services/consumer/main.ts', import.meta.url)), {
  env: { ...installation.env, TAILRACE_LOG_LEVEL: 'warn', TAILRACE_INSTANCE_ID: 'bench' },
  execArgv: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
})
await once(consumer, 'message')
const cpuBefore = cpuSeconds(consumer)
await until('all is committed', async () => (await installation.lag(subscription)) === 0, 600_000)
const cpu = cpuSeconds(consumer) - cpuBefore
receiver.child.send('?')
const [{ count, firstAtMs, lastAtMs }] = (await once(receiver.child, 'message')) as [Record<string, number>]
const seconds = ((lastAtMs ?? 0) - (firstAtMs ?? 0)) / 1000
console.log(`${Math.round((count ?? 0) / seconds)} deliveries/s (${count} in ${seconds.toFixed(2)} s)`)
console.log(`consumer: ${((cpu / events) * 10_000).toFixed(2)} CPU s per 10,000, ${rssMb(consumer)} MB RSS`)
consumer.kill('SIGTERM')
await once(consumer, 'exit')
receiver.child.disconnect()
for (const close of closers.reverse()) await close()

async function started(script: string, args: string[]): Promise<{ child: ChildProcess; first: unknown }> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args)
  const [first] = await once(child, 'message')
  return { child, first }
}

function cpuSeconds({ pid = 0 }: ChildProcess): number {
  return usageOf(pid).cpuSeconds
}

function rssMb({ pid }: ChildProcess): number {
  const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1] ?? 0) / 1024)
}
