import type { MappedEvent } from '#shared/event/event-request.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { within } from '#shared/resilience/deadline.ts'

/** Events of one API key, and where and since when a producer that died may have stored them. */
export type Wanted = {
  topic: string
  partition: number
  sinceMs: number
  keyId: string
  events: readonly MappedEvent[]
}

export type LookBack = {
  /** The offsets of those that were found in time; any other may be in the log all the same. Never rejects. */
  find(wanted: Wanted): Promise<ReadonlyMap<MappedEvent, number>>
}

export type LookBackOptions = { admin: Pick<KafkaAdmin, 'lookBack'>; limitMs?: number }

/** The longest that a search may take; what it has not found by then counts as not stored. */
const defaultLimitMs = 20_000
/** How far the clocks of a producer and of a broker may be apart. */
const skewMs = 5_000

/** Looks for events in the log, one search at a time: many publishers repeat at once what one producer left behind. */
export function createLookBack({ admin, limitMs = defaultLimitMs }: LookBackOptions): LookBack {
  let last: Promise<void> = Promise.resolve()
  return {
    async find(wanted) {
      const found = new Map<MappedEvent, number>()
      const state = { isLate: false }
      const search = last.then(() => (state.isLate ? undefined : searchFor(wanted, found, admin)))
      last = search.catch(() => {})
      await within(last, limitMs, undefined)
      state.isLate = true
      return new Map(found)
    },
  }
}

async function searchFor(
  { topic, partition, sinceMs, keyId, events }: Wanted,
  found: Map<MappedEvent, number>,
  admin: LookBackOptions['admin'],
): Promise<void> {
  const byName = new Map(events.map((event) => [nameOf(event.source, event.id), event]))
  await admin.lookBack({ topic, partition, sinceMs: sinceMs - skewMs }, ({ offset, headers, value }) => {
    const event = byName.get(nameOf(headers.ce_source, headers.ce_id))
    const isSame = value !== null && headers.tailrace_key_id === keyId && event?.record.value?.equals(value) === true
    if (isSame && !found.has(event)) found.set(event, offset)
    return found.size === byName.size
  })
}

const nameOf = (source: string | undefined, id: string | undefined) => `${source}\n${id}`
