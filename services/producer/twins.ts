import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'

/** `unique`: each event once; `places`: for each event of the request, which one of those it is. */
export type Twins = { unique: readonly MappedEvent[]; places: readonly number[] }

/**
 * Finds events with the same source and id in one request: they are one event and are stored once. With other bytes one
 * of them would be lost in silence, so that is refused: `idempotency-mismatch`.
 */
export function findTwins(events: readonly MappedEvent[]): Twins {
  const firsts = new Map<string, number>()
  const unique: MappedEvent[] = []
  const faults: FieldFault[] = []
  const places = events.map((event, index) => {
    const place = firsts.get(event.webhookId)
    if (place === undefined) {
      firsts.set(event.webhookId, unique.length)
      return unique.push(event) - 1
    }
    if (!areSame(event, unique[place])) faults.push(mismatch(index))
    return place
  })
  if (faults.length === 0) return { unique, places }
  const detail = `${faults.length} events have source and id of another event of this request, but other bytes. Nothing was stored.`
  throw new TailraceError('idempotency-mismatch', detail, { errors: faults.slice(0, mostListed) })
}

/** So many events of one request are named when they are refused. */
export const mostListed = 1_000

function areSame(one: MappedEvent, other: MappedEvent | undefined): boolean {
  return one.record.value !== null && other?.record.value?.equals(one.record.value) === true
}

const mismatch = (index: number): FieldFault => ({
  ...{
    index,
    pointer: '/id',
    code: 'duplicate',
    detail: 'an earlier event has the same source and id, but other bytes',
  },
  fix: 'give each event an id of its own',
})
