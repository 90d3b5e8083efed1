import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { consumerFlags } from '../../../services/cli/up/crew.ts'
import { createInstallation, type Installation } from '../../integration/consumer/fixture.ts'
import { until } from '../../support/until.ts'
import { watch } from '../watch.ts'
import type { DeliveryScenario } from './scenarios.ts'

/** What one scenario came to in one round; null: not measured by it. */
export type DeliveryMeasurement = {
  seconds: number
  deliveries: number
  perSecond: number | null
  /** CPU seconds of the consumer for 10,000 deliveries. */
  cpuPer10k: number | null
  /** Of one core, on average. */
  coreShare: number
  residentMb: number
  /** Cores in use by everything but consumer, beside the run and for it: brokers, receiver, noise. */
  others: number
}

type Place = { env: Readonly<Record<string, string>>; seconds: number; signal: AbortSignal }
type Of<Kind> = Extract<DeliveryScenario, { kind: Kind }>
type Told = { count: number; firstAtMs: number; lastAtMs: number }

const published = 10_000
const mb = 1024 * 1024
const drainCeilingMs = 600_000
const partitions = 6
/** Groups without work ask more rarely after 5 s. */
const restsAfterMs = 10_000

/** Runs one scenario in an installation of its own, which is removed again. Needs the brokers of `npm test`'s environment. */
export async function measureDelivery(scenario: DeliveryScenario, place: Place): Promise<DeliveryMeasurement> {
  const closers: (() => unknown)[] = []
  try {
    const installation = await createInstallation({ after: (close) => void closers.push(close) }, { partitions })
    return scenario.kind === 'backlog'
      ? await measureBacklog(installation, scenario, place)
      : await measureIdle(installation, scenario, place)
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

async function measureBacklog(installation: Installation, scenario: Of<'backlog'>, place: Place) {
  const { events, delayMs, concurrency } = scenario
  await publish(installation, scenario, place)
  const receiver = await startReceiver(installation, delayMs)
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency } })
  const consumer = await startConsumer(installation, place)
  const watching = watch({ consumer: [consumer.pid ?? 0] })
  const isDone = async () => place.signal.aborted || (await installation.lag(subscription)) === 0
  await until('all is committed', isDone, drainCeilingMs)
  place.signal.throwIfAborted()
  const taken = watching.stop()
  const { count, firstAtMs, lastAtMs } = await receiver.tell()
  const seconds = (lastAtMs - firstAtMs) / 1_000
  return {
    ...{ seconds, deliveries: count, perSecond: count / seconds },
    cpuPer10k: (taken.cpuSeconds.consumer / events) * 10_000,
    coreShare: taken.cpuSeconds.consumer / seconds,
    residentMb: taken.residentBytes.consumer / mb,
    others: taken.otherCpuSeconds / seconds,
  }
}

async function measureIdle(installation: Installation, { subscriptions }: Of<'idle'>, place: Place) {
  const receiver = await startReceiver(installation, 0)
  const made = []
  for (let number = 0; number < subscriptions; number += 1) made.push(await installation.subscribe(receiver))
  const consumer = await startConsumer(installation, place)
  for (const { group } of made) {
    // The first commit of an owner carries its token.
    const hasBegun = async () => {
      const committed = await installation.admin.committed(group, installation.topic)
      return committed.length === partitions && committed.every(({ metadata }) => metadata !== '')
    }
    await until(`${group} has begun`, hasBegun, drainCeilingMs)
  }
  const begunAtMs = performance.now()
  await until('it is at rest', () => performance.now() - begunAtMs > restsAfterMs)
  const watching = watch({ consumer: [consumer.pid ?? 0] })
  const startedAtMs = performance.now()
  await until('it was idle for long enough', () => performance.now() - startedAtMs > place.seconds * 1_000)
  const taken = watching.stop()
  const seconds = (performance.now() - startedAtMs) / 1_000
  return {
    ...{ seconds, deliveries: 0, perSecond: null, cpuPer10k: null },
    coreShare: taken.cpuSeconds.consumer / seconds,
    residentMb: taken.residentBytes.consumer / mb,
    others: taken.otherCpuSeconds / seconds,
  }
}

async function publish(installation: Installation, { events, keys, bytes }: Of<'backlog'>, { signal }: Place) {
  const value = Buffer.alloc(bytes, '{"total":100}')
  for (let at = 0; at < events; at += published) {
    signal.throwIfAborted()
    const part = Array.from({ length: Math.min(published, events - at) }, (_, index) => at + index)
    await installation.publish(part.map((n) => ({ key: `k${n % keys}`, id: `e${n}`, value })))
  }
}

async function startReceiver({ defer }: Installation, delayMs: number) {
  const child = fork(fileURLToPath(new URL('./receiver.ts', import.meta.url)), [String(delayMs)], { execArgv: [] })
  defer(() => child.disconnect())
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}/`,
    async tell(): Promise<Told> {
      child.send('?')
      const [told] = (await once(child, 'message')) as [Told]
      return told
    },
  }
}

async function startConsumer({ env: own, defer }: Installation, { env }: Place): Promise<ChildProcess> {
  const consumer = fork(fileURLToPath(new URL('../../../services/consumer/main.ts', import.meta.url)), {
    env: { ...own, TAILRACE_LOG_LEVEL: 'warn', TAILRACE_INSTANCE_ID: 'bench', ...env },
    execArgv: [...consumerFlags],
  })
  defer(async () => {
    consumer.kill('SIGTERM')
    if (consumer.exitCode === null) await once(consumer, 'exit')
  })
  await once(consumer, 'message')
  return consumer
}
