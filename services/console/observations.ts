import { readInstances } from '#shared/redis/instances.ts'
import type { Availability } from './availability.ts'
import type { Console } from './context.ts'
import { lagOf } from './lag.ts'

/** The pace of the monitor. */
const everyMs = 5_000

/**
 * Looks at the installation every 5 s and keeps what nothing in the log tells: the lag of each subscription by the minute, and
 * whether events can be taken in and delivered. Returns how to stop.
 */
export function startObserving(
  console: Pick<Console, 'catalog' | 'monitor' | 'redis' | 'prefix' | 'index' | 'log'>,
  availability: Availability,
): { close(): void } {
  const look = async () => {
    const nowMs = Date.now()
    availability.look(await isAvailable(console, nowMs), nowMs)
    const lags = console.catalog.subscriptions().flatMap((subscription) => {
      const { seconds } = lagOf(console, subscription)
      return seconds === null ? [] : [[`lag/${subscription.name}`, seconds] as const]
    })
    if (lags.length > 0) console.index.noteGauges(nowMs, new Map(lags))
  }
  const timer = setInterval(() => {
    look().catch((error: unknown) => console.log.debug({ err: error }, 'a look at the installation failed'))
  }, everyMs)
  return { close: () => clearInterval(timer) }
}

/**
 * Kafka answers and every partition of a stream can be written, and there is a producer and a consumer that are ready. Without
 * Redis nothing is known of instances, and that alone stops nobody.
 */
async function isAvailable(
  { monitor, redis, prefix }: Pick<Console, 'catalog' | 'monitor' | 'redis' | 'prefix' | 'index' | 'log'>,
  nowMs: number,
): Promise<boolean> {
  if (!monitor.reachable()) return false
  const streams = [...(monitor.last()?.streams.values() ?? [])].filter(({ missing }) => !missing)
  const isWritable = streams.every(({ partitions }) =>
    partitions.every(({ leader, inSync, replicas }) => leader >= 0 && inSync.length >= Math.min(2, replicas.length)),
  )
  const instances = await readInstances(redis, prefix, nowMs)
  const has = (service: string) => instances === null || instances.some((one) => one.service === service && one.ready)
  return isWritable && has('producer') && has('consumer')
}
