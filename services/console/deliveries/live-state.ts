import type { Subscription } from '#shared/catalog/model.ts'
import { isSettled, type LogEntry } from '#shared/delivery/log/entries.ts'
import { type InstanceReport, readInstances } from '#shared/redis/instances.ts'
import type { Console } from '../context.ts'
import { phaseOf, reportsOn } from '../subscription-status.ts'

/** A delivery of which an attempt is under way, as of the last report of its instance. */
export type UnderWay = {
  uid: string
  partition: number
  offset: number
  attempts: number
  firstAttemptAtMs: number | null
  /** When this was so, by the clock of its instance. */
  reportedAtMs: number
}

type Pair = { uid: string; partition: number }

/**
 * How the API calls where a delivery stands: one that waits for its turn waits because of its subscription's phase, and
 * nobody delivers what is left of a subscription that was deleted.
 */
export type StateNames = {
  of(pair: Pair, entry: Pick<LogEntry, 'state' | 'offset' | 'atMs'>): string
  /** Of those that are not under way. */
  phase(uid: string): string
  /** Of one that the log does not tell about. */
  waiting(pair: Pair, offset: number): string
  /** Whether its subscription is there. */
  goesOn(uid: string): boolean
  underWay(): readonly UnderWay[]
  /** The reports behind this; null when Redis could not be asked. */
  instances: readonly InstanceReport[] | null
}

export async function readStateNames(console: Console): Promise<StateNames> {
  const instances = await readInstances(console.redis, console.prefix, Date.now())
  const underWay = underWayOn(instances ?? [])
  const phases = new Map<string, string>()
  const phase = (uid: string) => {
    const name = phases.get(uid) ?? nameOf(console.catalog.subscriptionByUid(uid))
    phases.set(uid, name)
    return name
  }
  const nameOf = (subscription: Subscription | undefined) => {
    if (subscription === undefined) return 'unknown'
    const { phase: found } = phaseOf(console, subscription, reportsOn(subscription, instances))
    return found === 'held' || found === 'paused' ? found : 'queued'
  }
  const goesOn = (uid: string) => console.catalog.subscriptionByUid(uid) !== undefined
  const isUnderWay = ({ uid, partition }: Pair, offset: number, sinceMs: number) =>
    (underWay.get(nameOfPlace(uid, partition, offset))?.reportedAtMs ?? 0) > sinceMs
  return {
    ...{ goesOn, phase, instances },
    waiting: (pair, offset) => (isUnderWay(pair, offset, 0) ? 'delivering' : phase(pair.uid)),
    of(pair, { state, offset, atMs }) {
      if (isSettled(state)) return state
      // A report may be older than what the log tells by now.
      if (isUnderWay(pair, offset, atMs)) return 'delivering'
      return state === 'queued' || !goesOn(pair.uid) ? phase(pair.uid) : state
    },
    underWay: () => [...underWay.values()],
  }
}

const nameOfPlace = (uid: string, partition: number, offset: number) => `${uid}/${partition}/${offset}`

function underWayOn(instances: readonly InstanceReport[]): ReadonlyMap<string, UnderWay> {
  const all = instances.flatMap(({ at, subscriptions = [] }) => {
    const reportedAtMs = Date.parse(at)
    return subscriptions.flatMap(({ uid, pairs }) =>
      pairs.flatMap(({ partition, delivering = [] }) =>
        delivering.map((one) => ({ uid, partition, reportedAtMs, ...one })),
      ),
    )
  })
  return new Map(all.map((one) => [nameOfPlace(one.uid, one.partition, one.offset), one]))
}
