import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { pino } from 'pino'
import { request } from 'undici'
import type { Subscription } from '#shared/catalog/model.ts'
import { readBeats, startBeating } from '#shared/redis/beats.ts'
import { openRedis, type RedisConnection } from '#shared/redis/connection.ts'
import { createReceiver, type Receiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, forkConsumer, type Installation, runConsumer } from './fixture.ts'

export type Sharing = {
  installation: Installation
  subscription: Subscription
  receiver: Receiver
  /** A consumer in a process of its own, which can die or freeze; resolves when it owns partitions and is watched. */
  startMortal(): Promise<ChildProcess>
  /** How many peers the survivor has evicted. */
  evictions(): Promise<number>
  /** Waits until so many members own partitions. */
  untilOwners(count: number): Promise<void>
  /** Publishes to every partition; resolves when all of it was delivered. */
  roundTrip(): Promise<void>
  /** Kills a consumer; resolves with the milliseconds until what is published then was delivered on every partition. */
  takeoverMs(mortal: ChildProcess): Promise<number>
}

type Cleanup = { after(close: () => unknown): void }

const log = pino({ level: 'silent' })
/** A consumer evicts nobody in the first 3 s. */
const watchAfterMs = 3_000
/** A heart counts as living after its second beat. */
const heardBeats = 4
const keys = Array.from({ length: 30 }, (_, index) => `k${index}`)

/** A subscription and a consumer in this process that survives; beside them the beat of a producer. */
export async function shareSubscription(t: Cleanup, env: Record<string, string>): Promise<Sharing> {
  const installation = await createInstallation(t, { env })
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 10 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 20 } })
  const redis = beatAsProducer(installation)
  const survivor = await runConsumer(installation, 'survivor')
  const watchesAtMs = performance.now() + watchAfterMs
  let mortals = 0
  let rounds = 0
  const untilOwners = (count: number) => untilOwned(installation, subscription, count)
  const roundTrip = async () => {
    rounds += 1
    const missing = new Set(keys.map((key) => `${key}-${rounds}`))
    let seen = receiver.requests.length
    await installation.publish(keys.map((key) => ({ key, id: `${key}-${rounds}` })))
    await until('all of it is delivered', () => {
      for (; seen < receiver.requests.length; seen += 1) {
        missing.delete(String(receiver.requests[seen]?.headers['ce-id']))
      }
      return missing.size === 0
    })
  }
  return {
    ...{ installation, subscription, receiver, untilOwners, roundTrip },
    async evictions() {
      const { body } = await request(`${survivor.adminUrl}/metrics`)
      return Number(/^tailrace_peer_evictions_total (\d+)$/m.exec(await body.text())?.[1])
    },
    async startMortal() {
      mortals += 1
      const mortal = await forkConsumer(installation, `mortal-${mortals}`)
      await untilOwners(2)
      await until('its heartbeats are heard', () => isHeard(redis, installation, `consumer-mortal-${mortals}-`))
      await until('the survivor watches', () => performance.now() > watchesAtMs)
      return mortal
    },
    async takeoverMs(mortal) {
      const killedAtMs = performance.now()
      mortal.kill('SIGKILL')
      await once(mortal, 'exit')
      await roundTrip()
      return performance.now() - killedAtMs
    },
  }
}

/** Another living process, as every installation has one. */
function beatAsProducer({ env, prefix, defer }: Installation): RedisConnection {
  const redis = openRedis({ url: env.REDIS_URL ?? '', log })
  defer(() => redis.close())
  const beating = startBeating({ redis, prefix, clientId: 'producer-test-000001' })
  defer(() => beating.close())
  return redis
}

/** Waits until the group has so many members, and each owns partitions. */
export async function untilOwned(
  { admin, topic }: Installation,
  { group }: Subscription,
  count: number,
): Promise<void> {
  await until(`${count} members own partitions`, async () => {
    const members = await admin.groupMembers(group)
    return members.length === count && members.every(({ assignment }) => assignment[topic]?.length)
  })
}

/** Without Redis nobody hears anybody. */
async function isHeard(redis: RedisConnection, { prefix }: Installation, start: string): Promise<boolean> {
  const beats = Object.entries((await readBeats(redis, prefix)) ?? { [start]: heardBeats })
  return beats.some(([clientId, count]) => clientId.startsWith(start) && Number(count) >= heardBeats)
}
