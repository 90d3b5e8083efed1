import type { Subscription } from '#shared/catalog/model.ts'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import { readInstances } from '#shared/redis/instances.ts'
import type { Console } from '../context.ts'
import { phaseOf, reportsOn } from '../subscription-status.ts'

/** How the API calls where a delivery stands: one that waits for its turn waits because of its subscription's phase. */
export type StateNames = { of(uid: string, entry: LogEntry): string; waiting(uid: string): string }

export async function readStateNames(console: Console): Promise<StateNames> {
  const instances = await readInstances(console.redis, console.prefix, Date.now())
  const known = new Map<string, string>()
  const waiting = (uid: string) => {
    const name = known.get(uid) ?? nameOf(console.catalog.subscriptionByUid(uid))
    known.set(uid, name)
    return name
  }
  const nameOf = (subscription: Subscription | undefined) => {
    // Nobody delivers what is left of a subscription that was deleted.
    if (subscription === undefined) return 'unknown'
    const { phase } = phaseOf(console, subscription, reportsOn(subscription, instances))
    return phase === 'held' || phase === 'paused' ? phase : 'queued'
  }
  return { waiting, of: (uid, { state }) => (state === 'queued' ? waiting(uid) : state) }
}
