import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import type { Ending } from './deduplication.ts'
import { outcomeUnknown, type PublishOptions, refusedWith, storedAt } from './publishing.ts'

export type Targets = { events: readonly MappedEvent[]; stream: Stream; options: PublishOptions }

export type Watching = {
  /** The endings that are known before; those events are not appended. */
  known: readonly (Ending | undefined)[]
  /** Told how each appended event ended, also after the deadline. */
  ended(index: number, ending: Ending): void
}

/**
 * Appends events in their order, one run per partition, and gives the ending of each. After the deadline those without one
 * are `outcome-unknown`; their appends go on.
 */
export async function appendMany(targets: Targets, { known, ended }: Watching): Promise<readonly Ending[]> {
  const { events, options } = targets
  const startedMs = performance.now()
  const waiting = events.flatMap((_, index) => (known[index] === undefined ? [index] : []))
  const endings = collectEndings(known, waiting.length, options.deadlineMs)
  const slices = inSlices()
  for (const [partition, run] of runsOf(waiting, targets)) {
    appendRun({ partition, run }, targets, (index, ending) => {
      endings.end(index, ending)
      ended(index, ending)
    })
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  await endings.complete
  const results = events.map((_, index) => endings.of(index) ?? outcomeUnknown(options.deadlineMs))
  report(waiting, results, targets, (performance.now() - startedMs) / 1000)
  return results
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

/** The numbers of the events by partition. Events without a key of one request stay together: that fills batches. */
function runsOf(waiting: Run, { events, stream, options }: Targets): ReadonlyMap<number, Run> {
  const { topic, partitions } = stream
  const runs = new Map<number, number[]>()
  let keyless: number | undefined
  for (const index of waiting) {
    const key = events[index]?.record.key ?? null
    if (key === null) keyless ??= options.lanes.placeKeyless(topic, partitions)
    const partition = key === null ? (keyless ?? 0) : options.lanes.partitionForKey(key, partitions)
    const run = runs.get(partition)
    if (run === undefined) runs.set(partition, [index])
    else run.push(index)
  }
  return runs
}

type End = (index: number, ending: Ending) => void

function appendRun(
  { partition, run }: { partition: number; run: Run },
  { events, stream, options }: Targets,
  end: End,
) {
  const eventAt = (place: number) => events[run[place] as number] as MappedEvent
  options.lanes.appendAll(stream.topic, partition, {
    records: run.map((_, place) => eventAt(place).record),
    stored: (place, offset) => end(run[place] as number, storedAt(eventAt(place), stream, { partition, offset })),
    refused: (place, error) => end(run[place] as number, refusedWith(error)),
  })
}

function report(waiting: Run, results: readonly Ending[], { events, stream, options }: Targets, seconds: number): void {
  const stored = waiting.filter((index) => !(results[index] instanceof TailraceError))
  const bytes = stored.reduce((sum, index) => sum + (events[index]?.record.value?.length ?? 0), 0)
  const isComplete = !results.some((ending) => ending instanceof TailraceError)
  options.telemetry.storedMany(stream.name, { events: stored.length, bytes, seconds, isComplete })
}
