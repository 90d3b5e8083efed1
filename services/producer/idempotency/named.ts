import type { MappedEvent } from '#shared/event/from-http.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
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
