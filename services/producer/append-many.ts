import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { AppendRun } from '#shared/kafka/lanes.ts'
import type { Slices } from '#shared/resilience/slices.ts'
import type { Ending } from './deduplication.ts'
import { outcomeUnknown, type PublishOptions, partitionOf, refusedWith, storedAt } from './publishing.ts'

export type Targets = {
  events: readonly MappedEvent[]
  /** For each event where it goes. */
  partitions: readonly number[]
  stream: Stream
  options: PublishOptions
}

export type Watching = {
  /** The endings that are known before; those events are not appended. */
  known: readonly (Ending | undefined)[]
  /** Told how each appended event ended, also after the deadline. */
  ended(index: number, ending: Ending): void
  slices: Slices
}

/**
 * Appends events in their order, one run per partition, and gives the ending of each. After the deadline those without one
 * are `outcome-unknown`; their appends go on.
 */
export async function appendMany(targets: Targets, { known, ended, slices }: Watching): Promise<readonly Ending[]> {
  const { events, options } = targets
  const startedMs = performance.now()
  const waiting = events.flatMap((_, index) => (known[index] === undefined ? [index] : []))
  const endings = collectEndings(known, waiting.length, options.deadlineMs)
  const end: End = (index, ending) => {
    endings.end(index, ending)
    ended(index, ending)
  }
  for (const part of partsOf(Map.groupBy(waiting, (index) => targets.partitions[index] as number))) {
    appendPart(part, targets, end)
    await slices.pause()
  }
  await endings.complete
  const results = events.map((_, index) => endings.of(index) ?? outcomeUnknown(options.deadlineMs))
  report(waiting, results, targets, (performance.now() - startedMs) / 1000)
  return results
}

/** The partition of each event. Events without a key of one request stay together: that fills batches. */
export async function partitionsOf(
  { events, stream, options }: Omit<Targets, 'partitions'>,
  slices: Slices,
): Promise<readonly number[]> {
  const partitions: number[] = []
  let keyless: number | undefined
  for (const event of events) {
    if (event.record.key === null) keyless ??= partitionOf(event, stream, options)
    partitions.push(event.record.key === null ? (keyless ?? 0) : partitionOf(event, stream, options))
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return partitions
}

/** Resolves `complete` when `open` endings have come, or when the deadline has passed. */
function collectEndings(known: readonly (Ending | undefined)[], open: number, deadlineMs: number) {
  const endings = [...known]
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, deadlineMs)
  let missing = open
  const finishWhenAll = () => {
    if (missing > 0) return
    clearTimeout(timer)
    resolve()
  }
  finishWhenAll()
  return {
    complete,
    of: (index: number) => endings[index],
    end(index: number, ending: Ending) {
      endings[index] = ending
      missing -= 1
      finishWhenAll()
    },
  }
}

type Run = readonly number[]
type End = (index: number, ending: Ending) => void

type Part = { partition: number; indexes: Run; run: AppendRun['run'] }

/** A millisecond of work, and as much as a lane sends at a time. */
const partRecords = 500

/** Runs in parts, so that other work has its turn between them. The parts of a run share what ties them together. */
function partsOf(runs: ReadonlyMap<number, Run>): Part[] {
  return [...runs].flatMap(([partition, indexes]) => {
    const run = { isCut: false }
    return Array.from({ length: Math.ceil(indexes.length / partRecords) }, (_, part) => ({
      ...{ partition, run, indexes: indexes.slice(part * partRecords, (part + 1) * partRecords) },
    }))
  })
}

function appendPart({ partition, indexes, run }: Part, { events, stream, options }: Targets, end: End): void {
  const eventAt = (place: number) => events[indexes[place] as number] as MappedEvent
  options.lanes.appendAll(stream.topic, partition, {
    records: indexes.map((_, place) => eventAt(place).record),
    run,
    stored: (place, offset) => end(indexes[place] as number, storedAt(eventAt(place), stream, { partition, offset })),
    refused: (place, error) => end(indexes[place] as number, refusedWith(error)),
  })
}

function report(waiting: Run, results: readonly Ending[], { events, stream, options }: Targets, seconds: number): void {
  const stored = waiting.filter((index) => !(results[index] instanceof TailraceError))
  const bytes = stored.reduce((sum, index) => sum + (events[index]?.record.value?.length ?? 0), 0)
  const isComplete = !results.some((ending) => ending instanceof TailraceError)
  options.telemetry.storedMany(stream.name, { events: stored.length, bytes, seconds, isComplete })
}
