import { type FieldFault, TailraceError } from '#shared/errors.ts'
import { type ManyRequest, recordsFromMany } from '#shared/event/from-many.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { appendMany, type Targets } from './append-many.ts'
import type { Deduplication, Ending } from './deduplication.ts'
import { type ManyPublished, manyResults } from './many-answer.ts'
import { type Answered, contextOf, openStream, type Publishing, type PublishOptions } from './publishing.ts'
import { findTwins } from './twins.ts'

export type PublishManyRequest = Publishing & {
  events: ManyRequest
  /** Takes room for so many bytes of this request in all; throws `overloaded`. */
  hold(bytes: number): void
}

export type PublishMany = (request: PublishManyRequest) => Promise<Answered<ManyPublished>>

/** What an event of a batch costs beside its bytes: a record with headers, its place in a lane, its result. */
const eventBytes = 2_048

/**
 * Stores all events of a batch or of lines, or says of each one how it ended. What can be known before the append refuses
 * all of them; what fails later rejects with `batch-incomplete` (or with the one code that all events share) and a result
 * for each. Within one partition no event is stored after one that was not.
 */
export function createPublishMany(options: PublishOptions): PublishMany {
  return async (request) => {
    const stream = await openStream(request.stream, options)
    const { keyId, events: many } = request
    const events = await recordsFromMany(many, contextOf(request, stream, options), inSlices())
    request.hold(many.body.length + events.length * eventBytes)
    const { unique, places } = findTwins(events)
    const { headers } = many
    const dedup = await options.deduplicate?.({ stream: stream.name, keyId, headers, events: unique })
    const endings = await storeAll({ events: unique, stream, options }, dedup)
    const { stored, results } = manyResults({ events, places, endings })
    const subscriptions = options.streams.subscriptionsOf(stream.name)
    return { dedup: dedup?.mode ?? 'off', answer: { stream: stream.name, stored, subscriptions, results } }
  }
}

async function storeAll(targets: Targets, dedup: Deduplication | undefined): Promise<readonly Ending[]> {
  if (dedup === undefined) return await appendMany(targets, { known: [], ended: () => {} })
  refuseTogether(dedup)
  const known = dedup.verdicts.map((verdict) =>
    verdict.kind === 'replay' ? { ...verdict.answer, replayed: true } : undefined,
  )
  try {
    return await appendMany(targets, { known, ended: dedup.ended })
  } finally {
    await dedup.settled()
  }
}

/** One event that may not be written refuses them all: those behind it in its partition could not be written either. */
function refuseTogether({ verdicts, ended }: Deduplication): void {
  const refusals = verdicts.map((verdict) => (verdict.kind === 'refuse' ? verdict.error : undefined))
  const first = refusals.find((error) => error !== undefined)
  if (first === undefined) return
  const errors = refusals.flatMap((error, index): FieldFault[] =>
    error === undefined ? [] : [{ index, code: error.code, detail: error.detail }],
  )
  const error = new TailraceError(first.code, `${errors.length} of ${verdicts.length} events are refused.`, {
    ...first.options,
    errors,
  })
  for (const [index, verdict] of verdicts.entries()) if (verdict.kind === 'append') ended(index, error)
  throw error
}
