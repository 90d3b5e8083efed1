import type { Mark } from '#shared/redis/idempotency-marks.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import type { DedupRequest } from '../deduplication.ts'
import { digestApart, digestOf, eventIdOf, type Identity, markOf } from './identity.ts'

/** An event that Redis is asked about; `impliedId` is the id that its Idempotency-Key gives it. */
export type MarkedEvent = { readonly index: number; readonly mark: Mark; readonly impliedId: string | null }

type DedupEvent = DedupRequest['events'][number]

/** Whether any event of the request can be recognised when it comes again. */
export function isRecognisable({ key, events }: DedupRequest): boolean {
  return key !== null || events.some(({ hasOwnId }) => hasOwnId)
}

/**
 * The marks of the events that have one, made in slices. With an Idempotency-Key the whole request is one thing: each event
 * is recognised by the key and its place, and a repeat must have the same bytes from the first to the last. Without, each
 * event stands for itself, by the source and id that its publisher gave it.
 */
export async function marksOf(request: DedupRequest): Promise<readonly MarkedEvent[]> {
  const slices = inSlices()
  const digest = await digests(request)
  const marked: MarkedEvent[] = []
  for (const [index, event] of request.events.entries()) {
    const identity = identityOf(request, event, index)
    if (identity === null) continue
    const impliedId = identity.kind === 'key' ? impliedIdOf(request, event, identity) : null
    marked.push({ index, mark: markOf(request, identity, digest(event.record.value ?? nothing)), impliedId })
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return marked
}

const nothing = Buffer.alloc(0)

/** An event without an id of its own was named by the key before it came here. */
function impliedIdOf(request: DedupRequest, event: DedupEvent, { key, index }: { key: string; index: number }): string {
  return event.hasOwnId ? eventIdOf(request, key, index) : event.id
}

function identityOf({ key }: DedupRequest, { hasOwnId, source, id }: DedupEvent, index: number): Identity | null {
  if (key !== null) return { kind: 'key', key, index }
  return hasOwnId ? { kind: 'event', source, id } : null
}

/** About 5 ms of digests: more holds up the event loop. */
const mostBytesHere = 2 * 1024 * 1024

/** Under an Idempotency-Key the content of every event is the whole request, which is digested once. */
async function digests({ key, body }: DedupRequest): Promise<(content: Buffer) => string> {
  if (key === null) return digestOf
  const whole = body.length > mostBytesHere ? await digestApart(body) : digestOf(body)
  return () => whole
}
