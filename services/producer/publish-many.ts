import { errorTable, type FieldFault, TailraceError } from '#shared/errors.ts'
import { type ManyRequest, recordsFromMany } from '#shared/event/from-many.ts'
import { inSlices, type Slices } from '#shared/resilience/slices.ts'
import { appendMany, partitionsOf, type Targets } from './append-many.ts'
import type { Deduplication, Ending } from './deduplication.ts'
import { readIdempotencyKey } from './idempotency/idempotency-key.ts'
import { allNamedByKey } from './idempotency/named.ts'
import { type ManyPublished, manyResults } from './many-answer.ts'
import { type Answered, contextOf, openStream, type Publishing, type PublishOptions } from './publishing.ts'
import { requireAllValid } from './schemas.ts'
import { findTwins, mostListed } from './twins.ts'

export type PublishManyRequest = Publishing & {
  events: ManyRequest
  /** Takes room for so many bytes of this request in all; throws `overloaded`. */
  hold(bytes: number): void
  /** Counts its events against the rate of its key. Rejects with `rate-limited`, throws `too-many-events`. */
  charge(events: number): Promise<void> | undefined
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
    const slices = inSlices()
    const scope = { keyId, stream: stream.name, key: readIdempotencyKey(many) }
    const events = await recordsFromMany(many, contextOf(request, stream, options), slices)
    request.hold(many.body.length + events.length * eventBytes)
    await request.charge(events.length)
    if (stream.schema !== null) await requireAllValid(events, options.schemas.checkOf(stream), slices)
    const { unique, places } = findTwins(await allNamedByKey(events, scope, slices))
    const partitions = await partitionsOf({ events: unique, stream, options }, slices)
    const { topic } = stream
    const dedup = await options.deduplicate?.({ ...scope, topic, body: many.body, events: unique, partitions })
    if (dedup !== undefined) await refuseTogether(dedup, places)
    await slices.pause()
    const endings = await storeAll({ events: unique, partitions, stream, options }, slices, dedup)
    await slices.pause()
    const mode = dedup?.mode() ?? 'off'
    const { stored, results } = manyResults({ events, places, endings, dedup: mode })
    const subscriptions = options.streams.subscriptionsOf(stream.name)
    return { dedup: mode, answer: { stream: stream.name, stored, subscriptions, results } }
  }
}

async function storeAll(targets: Targets, slices: Slices, dedup?: Deduplication): Promise<readonly Ending[]> {
  if (dedup === undefined) return await appendMany(targets, { known: [], ended: () => {}, slices })
  const known = dedup.verdicts.map((verdict) => (verdict.kind === 'replay' ? verdict.answer : undefined))
  try {
    return await appendMany(targets, { known, ended: dedup.ended, slices })
  } finally {
    await dedup.settled()
  }
}

/** One event that may not be written refuses them all: those behind it in its partition could not be written either. */
async function refuseTogether({ verdicts, ended, settled }: Deduplication, places: readonly number[]): Promise<void> {
  const refusals = verdicts.flatMap((verdict) => (verdict.kind === 'refuse' ? [verdict.error] : []))
  // What no waiting mends is said first.
  const worst = refusals.find(({ code }) => !errorTable[code].retryable) ?? refusals[0]
  if (worst === undefined) return
  const errors = places.flatMap((place, index): FieldFault[] => {
    const verdict = verdicts[place]
    return verdict?.kind === 'refuse' ? [{ index, code: verdict.error.code, detail: verdict.error.detail }] : []
  })
  const { code, options } = worst
  const detail = `${errors.length} of ${places.length} events are refused. Nothing was stored.`
  const error = new TailraceError(code, detail, { ...options, errors: errors.slice(0, mostListed) })
  for (const [index, { kind }] of verdicts.entries()) if (kind === 'append') ended(index, error)
  await settled()
  throw error
}
