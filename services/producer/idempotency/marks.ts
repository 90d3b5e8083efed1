import { setImmediate as turn } from 'node:timers/promises'
import type { Mark } from '#shared/redis/idempotency-marks.ts'
import { digestApart, digestOf, eventIdOf, markOf } from './identity.ts'
import type { IdempotentRequest, Plan } from './plan.ts'

/** An event of a request that Redis is asked about; `impliedId` is the id that its Idempotency-Key gives it. */
export type MarkedEvent = { readonly index: number; readonly mark: Mark; readonly impliedId: string | null }

/** About 5 ms of digests: what a request may take of the event loop at a time. */
const eventsPerSlice = 1_000
const bytesPerSlice = 2 * 1024 * 1024

/** The marks of the events that have one; those of a large request in slices between which others get their turn. */
export async function marksOf(request: IdempotentRequest, plans: readonly Plan[]): Promise<readonly MarkedEvent[]> {
  const digest = await digests(request)
  const marked: MarkedEvent[] = []
  let events = 0
  let bytes = 0
  for (const [index, plan] of plans.entries()) {
    if (plan.kind !== 'marked') continue
    const { identity, content } = plan
    const impliedId = identity.kind === 'key' ? eventIdOf(request, identity.key, index) : null
    marked.push({ index, mark: markOf(request, identity, digest(content)), impliedId })
    events += 1
    bytes += identity.kind === 'key' ? 0 : content.length
    if (events < eventsPerSlice && bytes < bytesPerSlice) continue
    await turn()
    events = 0
    bytes = 0
  }
  return marked
}

/** Under an Idempotency-Key the content of every event is the whole request, which is digested once. */
async function digests({ key, body }: IdempotentRequest): Promise<(content: Buffer) => string> {
  if (key === null) return digestOf
  const whole = body.length > bytesPerSlice ? await digestApart(body) : digestOf(body)
  return () => whole
}
