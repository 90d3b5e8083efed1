import type { Identity, Scope } from './identity.ts'

/** One event of a request. `body`: its bytes as they came; `hasOwnId`: the publisher gave it source and id. */
export type RequestEvent = {
  readonly id: string
  readonly source: string
  readonly hasOwnId: boolean
  readonly body: Buffer
}

export type IdempotentRequest = Scope & {
  /** The value of Idempotency-Key, null without. */
  readonly key: string | null
  /** All bytes of the request, after decompression. */
  readonly body: Buffer
  readonly events: readonly RequestEvent[]
}

/**
 * How one event is recognised. `plain`: not at all. `twin`: it stands twice in this request, the first time as `of`.
 * `impostor`: the same, but with another body. `marked`: by Redis; a repeat must have the same `content`.
 */
export type Plan =
  | { readonly kind: 'plain' }
  | { readonly kind: 'twin' | 'impostor'; readonly of: number }
  | { readonly kind: 'marked'; readonly identity: Identity; readonly content: Buffer }

const plain: Plan = { kind: 'plain' }

/**
 * With an Idempotency-Key the whole request is one thing: each event is recognised by the key and its place, and a repeat
 * must have the same bytes from the first to the last. Without, each event stands for itself, by its source and id.
 */
export function planOf(request: IdempotentRequest): readonly Plan[] {
  const { events } = request
  const first = new Map<string, number>()
  return events.map((event, index) => {
    const known = event.hasOwnId && events.length > 1 ? seenBefore(first, event, index) : undefined
    if (known === undefined) return planAlone(request, event, index)
    return { kind: events[known]?.body.equals(event.body) ? 'twin' : 'impostor', of: known }
  })
}

function planAlone({ key, body }: IdempotentRequest, event: RequestEvent, index: number): Plan {
  if (key !== null) return { kind: 'marked', identity: { kind: 'key', key, index }, content: body }
  if (!event.hasOwnId) return plain
  const { source, id } = event
  return { kind: 'marked', identity: { kind: 'event', source, id }, content: event.body }
}

function seenBefore(first: Map<string, number>, { source, id }: RequestEvent, index: number): number | undefined {
  const name = `${source}\n${id}`
  const known = first.get(name)
  if (known === undefined) first.set(name, index)
  return known
}
