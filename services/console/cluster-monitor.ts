import type { Catalog } from '#shared/catalog/catalog.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { within } from '#shared/resilience/deadline.ts'
import { type BrokerPicture, type ClusterPicture, takePicture } from './cluster-picture.ts'
import { createSampleClock, type SampleClock } from './sample-clock.ts'
import type { ConsoleTelemetry } from './telemetry.ts'

const everyMs = 5_000
/** A picture younger than this is new enough for whoever asks. */
const freshMs = 1_000
/** A question waits this long for a new picture, then gets the last one. */
const patienceMs = 2_000

/**
 * The last picture of the cluster. States: no picture yet → pictured, a new one every 5 s or when someone asks → outdated
 * when the catalog changes; while Kafka cannot be asked the last one stays and `reachable` is false.
 */
export type ClusterMonitor = {
  /** The last picture, after waiting a bounded time for a fresh one; undefined when there never was one. */
  look(): Promise<ClusterPicture | undefined>
  last(): ClusterPicture | undefined
  reachable(): boolean
  /** Since when Kafka answers, or does not. */
  since(): string
  clock(stream: string, partition: number): SampleClock | undefined
  /** How far a subscription has committed, all partitions together. */
  progress(uid: string): SampleClock | undefined
  close(): void
}

type Options = {
  admin: KafkaAdmin
  catalog: Catalog
  telemetry: ConsoleTelemetry
  /** The brokers of two pictures that follow each other. */
  onBrokers(before: readonly BrokerPicture[], after: readonly BrokerPicture[]): void
}

export function watchCluster({ admin, catalog, telemetry, onBrokers }: Options): ClusterMonitor {
  const clocks = new Map<string, SampleClock>()
  let picture: ClusterPicture | undefined
  let reachable = true
  let since = new Date().toISOString()
  let running: Promise<void> | undefined
  let isOutdated = true
  const turn = (now: boolean) => {
    if (reachable !== now) since = new Date().toISOString()
    reachable = now
  }
  const take = async () => {
    isOutdated = false
    try {
      const taken = await takePicture(admin, { streams: catalog.streams(), subscriptions: catalog.subscriptions() })
      const before = picture?.brokers ?? []
      picture = { ...taken, brokers: withLost(taken.brokers, before) }
      onBrokers(before, picture.brokers)
      sample(clocks, picture)
      turn(true)
    } catch (error) {
      telemetry.clusterUnreadable(error)
      turn(false)
    } finally {
      running = undefined
    }
  }
  const refresh = () => {
    running ??= take()
    return running
  }
  const renew = async () => {
    await refresh()
    // The round that ran when the catalog changed may not have seen the change.
    if (isOutdated) await refresh()
  }
  const stopListening = catalog.onChange(() => {
    isOutdated = true
  })
  void refresh()
  const timer = setInterval(refresh, everyMs)
  return {
    async look() {
      const isFresh = picture !== undefined && !isOutdated && Date.now() - picture.atMs <= freshMs
      if (!isFresh) await within(renew(), patienceMs, undefined)
      return picture
    },
    last: () => picture,
    reachable: () => reachable,
    since: () => since,
    clock: (stream, partition) => clocks.get(`${stream}-${partition}`),
    progress: (uid) => clocks.get(`/${uid}`),
    close() {
      stopListening()
      clearInterval(timer)
    },
  }
}

/** A dead broker is missing from what the cluster says of itself; whoever was seen once is shown as down. */
function withLost(seen: readonly BrokerPicture[], before: readonly BrokerPicture[]): BrokerPicture[] {
  const lost = before.filter((broker) => !seen.some(({ id }) => id === broker.id))
  const down = lost.map((broker) => ({ ...broker, up: false, controller: false }))
  return [...seen, ...down].sort((a, b) => a.id - b.id)
}

function sample(clocks: Map<string, SampleClock>, { streams, subscriptions, atMs }: ClusterPicture): void {
  const add = (name: string, end: number) => {
    const clock = clocks.get(name) ?? createSampleClock()
    clocks.set(name, clock)
    clock.add(end, atMs)
  }
  for (const [name, { partitions }] of streams) {
    for (const { partition, end } of partitions) add(`${name}-${partition}`, end)
  }
  for (const [uid, { committed }] of subscriptions) {
    const offsets = [...committed.values()]
    // One that is not known yet would look like a leap when it comes.
    const known = offsets.filter((offset) => offset !== null)
    if (known.length > 0 && known.length === offsets.length)
      add(
        `/${uid}`,
        known.reduce((sum, offset) => sum + offset, 0),
      )
  }
}
