import { type ErrorCode, errorTable, TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { DedupMode, Ending, StoredEvent } from './deduplication.ts'

/** What a publisher hears about one event of many. */
export type ManyResult =
  | ({ index: number; status: 202 } & StoredEvent)
  | { index: number; status: number; id: string; code: ErrorCode; retryable: boolean }

/** What a publisher hears when all of them are stored; `stored` counts an event that stood twice once. */
export type ManyPublished = { stream: string; stored: number; subscriptions: number; results: readonly ManyResult[] }

type Ended = {
  events: readonly MappedEvent[]
  /** For each event which of the `endings` is its own: the same one for an event that stood twice. */
  places: readonly number[]
  endings: readonly Ending[]
  /** Also part of a refusal: it says whether the repeat will be recognised. */
  dedup: DedupMode
}

/** The results in the order of the request and how many events are stored; throws when that is not all of them. */
export function manyResults({ events, places, endings, dedup }: Ended): Pick<ManyPublished, 'stored' | 'results'> {
  const results = events.map((event, index) => resultOf(index, event, endings[places[index] as number] as Ending))
  const failures = endings.filter((ending) => ending instanceof TailraceError)
  const stored = endings.length - failures.length
  if (failures.length > 0) throw incomplete(failures, { stored, results, dedup })
  return { stored, results }
}

function resultOf(index: number, { id }: MappedEvent, ending: Ending): ManyResult {
  if (!(ending instanceof TailraceError)) return { index, status: 202, ...ending }
  const { httpStatus, retryable } = errorTable[ending.code]
  return { index, status: httpStatus, id, code: ending.code, retryable }
}

/** When every event failed alike, that is the answer: `kafka-unavailable` says more than `batch-incomplete`. */
function incomplete(
  failures: readonly TailraceError[],
  { stored, results, dedup }: Pick<ManyPublished, 'stored' | 'results'> & { dedup: DedupMode },
): TailraceError {
  const [first] = failures as [TailraceError]
  const areAlike = stored === 0 && failures.every(({ code }) => code === first.code)
  const options = {
    extra: { stored, results },
    headers: { 'tailrace-dedup': dedup },
    retryAfterMs: first.options.retryAfterMs ?? 1_000,
  }
  if (areAlike) return new TailraceError(first.code, first.detail, { ...first.options, ...options, cause: first })
  const all = stored + failures.length
  const repeat = failures.every(({ code }) => errorTable[code].retryable)
    ? 'send the same batch again with the same ids'
    : 'see results for those that will never be stored, and send the others again with the same ids'
  const detail = `${stored} of ${all} events ${stored === 1 ? 'is' : 'are'} stored; ${repeat}.`
  return new TailraceError('batch-incomplete', detail, options)
}
