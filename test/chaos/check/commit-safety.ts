import type { CommitLine } from '../history.ts'
import { indexAt } from '../moments.ts'
import { type Cover, coverage, isCovered, parksOf } from './coverage.ts'
import type { Facts, Scope } from './facts.ts'
import { createMaxTree, type MaxTree } from './max-tree.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I9: at no sample had the group committed past an event that was neither terminal nor parked, nor, in the retry topic,
 * past an open park; and after the last delivery it has committed everything. Not judged where no tap read the log.
 */
export function checkCommitSafety(facts: Facts, scope: Scope): Verdict {
  const samples = facts.log === null ? [] : (facts.commits.get(scope.subscription) ?? [])
  const topic = [...(facts.log?.values() ?? [])][0]?.[0]?.topic
  const ofStream = samples.filter((sample) => sample.topic === topic)
  const ofRetries = samples.filter((sample) => sample.topic !== topic)
  const offences = [...streamOffences(facts, scope, ofStream), ...retryOffences(facts, scope, ofRetries)]
  const byEvent = new Map(offences.toReversed().map((offence) => [offence.id, offence]))
  return verdict({
    invariant: 'I9',
    claim: 'nothing unfinished is committed past, and in the end everything is committed',
    offences: [...byEvent.values()].reverse(),
    counts: { commitSamples: samples.length },
  })
}

function streamOffences(facts: Facts, scope: Scope, samples: readonly CommitLine[]): Offence[] {
  const rows = new Map([...coverage(facts, scope)].map(([partition, covers]) => [partition, rowOf(covers)]))
  return samples.flatMap((sample) => {
    const row = rows.get(sample.partition) ?? rowOf(new Map())
    const passed = committedPlaces(row, sample)
      .flatMap(({ from, to }) => openAt(row, sample.ns, { from, to }))
      .map((event) => passedOver(sample, event))
    if (passed.length > 0 || !sample.isLast) return passed
    const all = { from: 0, to: row.offsets.length }
    return lagAtEnd(sample, openAt(row, sample.ns, all)[0]?.offset ?? (row.offsets.at(-1) ?? -1) + 1)
  })
}

/** The events of a partition by offset, searchable for those that were not over yet at a time. */
type Row = { offsets: Float64Array; covers: readonly Cover[]; terminal: MaxTree }

function rowOf(events: ReadonlyMap<number, Cover>): Row {
  const sorted = [...events].sort(([a], [b]) => a - b)
  const covers = sorted.map(([, cover]) => cover)
  const offsets = Float64Array.from(sorted, ([offset]) => offset)
  return { offsets, covers, terminal: createMaxTree(covers.map(({ terminalNs }) => terminalNs)) }
}

/** Places of a row, `to` not included. */
type Span = { from: number; to: number }

function committedPlaces({ offsets }: Row, { offset, finished }: CommitLine): Span[] {
  const runs = finished.map(({ start, length }) => {
    const from = Math.max(start, offset)
    return { from: indexAt(offsets, from), to: indexAt(offsets, start + length) }
  })
  return [{ from: 0, to: indexAt(offsets, offset) }, ...runs]
}

type Open = { offset: number; id: string }

/** The events of a part of a partition that nothing covers at `ns`, lowest offset first. */
function openAt({ offsets, covers, terminal }: Row, ns: number, { from, to }: Span): Open[] {
  return terminal.above(ns, from, to).flatMap((place) => {
    const [cover, offset] = [covers[place], offsets[place]]
    return cover === undefined || offset === undefined || isCovered(cover, ns) ? [] : [{ offset, id: cover.id }]
  })
}

function passedOver({ topic, partition, offset }: CommitLine, { offset: open, id }: Open): Offence {
  const place = `${topic}/${partition}`
  const how = open < offset ? `${offset} was committed for ${place}` : `${place}/${open} was committed`
  return { id, what: `${how} while ${open} was neither terminal nor parked` }
}

function lagAtEnd({ topic, partition, offset }: CommitLine, reached: number): Offence[] {
  if (offset >= reached) return []
  return [{ id: `${topic}/${partition}`, what: `${offset} is committed in the end, but all before ${reached} is done` }]
}

function retryOffences(facts: Facts, scope: Scope, samples: readonly CommitLine[]): Offence[] {
  const parks = Map.groupBy(parksOf(facts, scope), ({ partition }) => partition)
  return samples.flatMap(({ topic, partition, offset, ns }) => {
    const passed = (parks.get(partition) ?? []).find((park) => park.offset < offset && park.untilNs > ns)
    if (passed === undefined) return []
    const place = `${topic}/${partition}`
    const { source } = passed
    const id = `${source?.topic}/${source?.partition}/${source?.offset}`
    return [{ id, what: `${offset} was committed for ${place} while its park at ${passed.offset} was open` }]
  })
}
