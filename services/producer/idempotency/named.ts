import type { MappedEvent } from '#shared/event/event-request.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { Slices } from '#shared/resilience/slices.ts'
import { eventIdOf, type Scope } from './identity.ts'

/** The event at place `index` of a request with an Idempotency-Key; without an id of its own it gets the one that the key implies. */
export function namedByKey(
  event: MappedEvent,
  scope: Scope,
  { key, index }: { key: string | null; index: number },
): MappedEvent {
  if (key === null || event.hasOwnId) return event
  const id = eventIdOf(scope, key, index)
  const record = { ...event.record, headers: { ...event.record.headers, ce_id: id } }
  return { ...event, id, webhookId: webhookIdOf(event.source, id), record }
}

/** The same for all events of a request, in slices. */
export async function allNamedByKey(
  events: readonly MappedEvent[],
  scope: Scope & { readonly key: string | null },
  slices: Slices,
): Promise<readonly MappedEvent[]> {
  const { key } = scope
  if (key === null) return events
  const named: MappedEvent[] = []
  for (const [index, event] of events.entries()) {
    named.push(namedByKey(event, scope, { key, index }))
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return named
}
