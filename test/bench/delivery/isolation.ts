import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { consumerFlags } from '../../../services/cli/up/crew.ts'
import { createInstallation, type Installation } from '../../integration/consumer/fixture.ts'
import { until } from '../../support/until.ts'
import { usageOf } from '../processes.ts'
import { type Column, figure, table } from '../table.ts'
import type { Counted } from './isolation.receiver.ts'

/**
 * Whether a subscription in trouble takes anything from its neighbours in the same consumer process: they get `--rate` events
 * a second each, alone first, then beside one that drains `--backlog` events, or beside receivers that refuse connections,
 * answer 503 or never answer, and get the same events. On a real cluster (KAFKA_BROKERS).
 *
 *   node test/bench/delivery/isolation.ts [--beside backlog] [--backlog 1000000] [--bytes 512] [--rate 100] [--seconds 20]
 *   node test/bench/delivery/isolation.ts --beside hanging,failing --neighbours 8
 *   node test/bench/delivery/isolation.ts --beside refusing --neighbours 19 --rate 50
 */
const { values } = parseArgs({
  options: {
    beside: { type: 'string', default: 'backlog' },
    backlog: { type: 'string', default: '1000000' },
    bytes: { type: 'string', default: '512' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
    neighbours: { type: 'string', default: '9' },
    concurrency: { type: 'string', default: '64' },
    profile: { type: 'string' },
  },
})
const beside = values.beside.split(',')
const hasBacklog = beside.includes('backlog')
const whole = (name: keyof typeof values): number => Number(values[name])
const chunk = 10_000
const tickMs = 20

type Phase = {
  name: string
  rate: number
  share: number
  ms: number[]
  backlogRate: number
  rssMb: number
  cpu: number
}

const closers: (() => unknown)[] = []
const installation = await createInstallation({ after: (close) => closers.push(close) }, { partitions: 6 })
const receiver = fork(fileURLToPath(new URL('./isolation.receiver.ts', import.meta.url)))
const [{ port }] = (await once(receiver, 'message')) as [{ port: number }]
if (hasBacklog) await publishBacklog(installation)
const names = Array.from({ length: whole('neighbours') }, (_, index) => `n${index}`)
const urlOf = (path: string) => `http://127.0.0.1:${port}/${path}`
for (const name of names) await subscribe(urlOf(name), 'latest')
const consumer = fork(fileURLToPath(new URL('../../../services/consumer/main.ts', import.meta.url)), {
  env: { ...installation.env, TAILRACE_LOG_LEVEL: 'warn', TAILRACE_INSTANCE_ID: 'bench' },
  execArgv: [
    ...consumerFlags,
    ...(values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]),
  ],
})
await once(consumer, 'message')
const load = startLoad(installation, whole('rate'))
const awake = new Set<string>()
await until('all neighbours get events', async () => {
  for (const path of Object.keys(await count())) awake.add(path)
  return names.every((name) => awake.has(name))
})
// Groups that have just joined work off what came meanwhile.
await measure('settling')
const alone = await measure('alone')
for (const kind of beside.filter((one) => one !== 'backlog')) await subscribe(await openTrouble(kind), 'latest')
const big = hasBacklog ? await subscribe(urlOf('big'), 'earliest') : null
if (big !== null) await until('the backlog is begun', async () => ((await count()).big?.count ?? 0) > 0)
const troubled = await measure(`beside ${beside.join(' and ')}`)
if (big !== null) console.log(`${await installation.lag(big)} events of the backlog waited at the end\n`)
console.log(table(columns(), [alone, troubled]))
await load.stop()
consumer.kill('SIGTERM')
await once(consumer, 'exit')
receiver.disconnect()
for (const close of closers.reverse()) await close()

async function publishBacklog({ publish }: Installation): Promise<void> {
  const value = Buffer.alloc(whole('bytes'), '{"total":100}')
  for (let at = 0; at < whole('backlog'); at += chunk) {
    const part = Array.from({ length: Math.min(chunk, whole('backlog') - at) }, (_, index) => at + index)
    await publish(part.map((n) => ({ key: `k${n % 10_000}`, id: `e${n}`, value })))
  }
}

function subscribe(url: string, from: 'earliest' | 'latest') {
  return installation.subscribe({ url }, { from, delivery: { concurrency: whole('concurrency') } })
}

/** A receiver that is no good; resolves with its URL. */
async function openTrouble(kind: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    if (kind === 'failing') response.writeHead(503).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  if (kind === 'refusing') server.close()
  else if (kind !== 'failing' && kind !== 'hanging') throw new Error(`--beside ${kind} is unknown`)
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return `http://127.0.0.1:${own}/`
}

/** Publishes `rate` events a second, whatever becomes of them. */
function startLoad({ publish }: Installation, rate: number) {
  const startedAtMs = performance.now()
  let [sent, isStopped] = [0, false]
  const open = new Set<Promise<void>>()
  const tick = () => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * rate)
    const fresh = Array.from({ length: due - sent }, (_, index) => sent + index)
    sent = due
    const value = Buffer.from(`{"at":${Date.now()}}`)
    const sending = publish(fresh.map((n) => ({ key: `k${n % 1_000}`, id: `live${n}`, value })))
    open.add(sending)
    sending.finally(() => open.delete(sending))
    if (!isStopped) setTimeout(tick, tickMs)
  }
  tick()
  return {
    async stop() {
      isStopped = true
      await Promise.all(open)
    },
  }
}

async function count(): Promise<Counted> {
  receiver.send('?')
  const [message] = (await once(receiver, 'message')) as [Counted]
  return message
}

async function measure(name: string): Promise<Phase> {
  await count()
  const [startedAtMs, cpuBefore] = [performance.now(), usage(consumer).cpuSeconds]
  let rssBytes = 0
  while (performance.now() - startedAtMs < whole('seconds') * 1000) {
    rssBytes = Math.max(rssBytes, usage(consumer).residentBytes)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const found = await count()
  const seconds = (performance.now() - startedAtMs) / 1000
  const each = names.map((one) => (found[one]?.count ?? 0) / seconds)
  return {
    name,
    rate: Math.min(...each),
    share: (Math.min(...each) / whole('rate')) * 100,
    ms: names.flatMap((one) => found[one]?.ms ?? []).sort((a, b) => a - b),
    backlogRate: (found.big?.count ?? 0) / seconds,
    rssMb: rssBytes / 1024 / 1024,
    cpu: ((usage(consumer).cpuSeconds - cpuBefore) / seconds) * 100,
  }
}

function usage({ pid = 0 }: ChildProcess) {
  return usageOf(pid)
}

function columns(): Column<Phase>[] {
  const right = (head: string, cell: (phase: Phase) => string): Column<Phase> => ({ head, cell, align: 'right' })
  const at = (ms: readonly number[], share: number) => ms[Math.floor((ms.length - 1) * share)] ?? null
  return [
    { head: 'neighbours', cell: ({ name }) => name, align: 'left' },
    right('slowest of them, events/s', ({ rate }) => figure(rate, 1)),
    right('% of its rate', ({ share }) => figure(share, 1)),
    right('p50 ms', ({ ms }) => figure(at(ms, 0.5), 0)),
    right('p99 ms', ({ ms }) => figure(at(ms, 0.99), 0)),
    right('longest ms', ({ ms }) => figure(at(ms, 1), 0)),
    right('backlog, events/s', ({ backlogRate }) => figure(backlogRate, 0)),
    right('CPU %', ({ cpu }) => figure(cpu, 0)),
    right('RSS MB', ({ rssMb }) => figure(rssMb, 0)),
  ]
}
