import type { CommitLine } from '../history.ts'
import { indexAt } from '../moments.ts'
import { type Cover, coverage, isCovered, type Park, parksOf } from './coverage.ts'
import type { Facts, Scope } from './facts.ts'
import { createMaxTree, type MaxTree } from './max-tree.ts'
import { type Hole, holesOf } from './unseen.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I9: at no sample had the group committed past an event that was neither terminal nor parked, nor, in the retry topic,
 * past an open park; and after the last delivery it has committed everything. Not judged where no tap read the log. What a
 * record that nobody saw may explain is counted and no offence.
 */
export function checkCommitSafety(facts: Facts, scope: Scope): Verdict {
  const samples = facts.log === null ? [] : (facts.commits.get(scope.subscription) ?? [])
  const topic = [...(facts.log?.values() ?? [])][0]?.[0]?.topic
  const ofStream = samples.filter((sample) => sample.topic === topic)
  const ofRetries = samples.filter((sample) => sample.topic !== topic)
  const holes = holesOf(facts, scope)
  const found = [
    ...streamOffences(facts, scope, { samples: ofStream, holes }),
    ...retryOffences(facts, scope, { samples: ofRetries, holes }),
  ]
  const [offences, unknown] = [found.filter(({ isUnknown }) => !isUnknown), found.filter(({ isUnknown }) => isUnknown)]
  const byEvent = new Map(offences.toReversed().map(({ id, what }): [string, Offence] => [id, { id, what }]))
  const unseen = [...holes.values()].flat().map(({ start, end }) => end - start)
  return verdict({
    invariant: 'I9',
    claim: 'nothing unfinished is committed past, and in the end everything is committed',
    offences: [...byEvent.values()].reverse(),
    judged: samples.length,
    counts: {
      commitSamples: samples.length,
      unseenRetries: unseen.reduce((sum, one) => sum + one, 0),
      unknownCommits: new Set(unknown.map(({ id }) => id)).size,
    },
  })
}

/** Whether a record that nobody saw may be why it is none. */
type Found = Offence & { isUnknown: boolean }

/** The samples of one topic, and what was not seen of the retry topic. */
type Sampled = { samples: readonly CommitLine[]; holes: ReadonlyMap<number, readonly Hole[]> }

function streamOffences(facts: Facts, scope: Scope, { samples, holes }: Sampled): Found[] {
  const rows = new Map([...coverage(facts, scope)].map(([partition, covers]) => [partition, rowOf(covers)]))
  return samples.flatMap((sample) => {
    const row = rows.get(sample.partition) ?? rowOf(new Map())
    const passed = committedPlaces(row, sample)
      .flatMap(({ from, to }) => openAt(row, sample.ns, { from, to }))
      .map((event) => passedOver(sample, event, holes.get(sample.partition) ?? []))
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

type Open = { offset: number; id: string; appendedNs: number }

/** The events of a part of a partition that nothing covers at `ns`, lowest offset first. */
function openAt({ offsets, covers, terminal }: Row, ns: number, { from, to }: Span): Open[] {
  return terminal.above(ns, from, to).flatMap((place) => {
    const [cover, offset] = [covers[place], offsets[place]]
    if (cover === undefined || offset === undefined || isCovered(cover, ns)) return []
    return [{ offset, id: cover.id, appendedNs: cover.appendedNs }]
  })
}

/** Its park may be in a hole that began before the sample, and ended after the event. */
function passedOver(sample: CommitLine, { offset: open, id, appendedNs }: Open, holes: readonly Hole[]): Found {
  const { topic, partition, offset, ns } = sample
  const place = `${topic}/${partition}`
  const how = open < offset ? `${offset} was committed for ${place}` : `${place}/${open} was committed`
  const isUnknown = holes.some(({ fromNs, toNs }) => fromNs <= ns && toNs >= appendedNs)
  return { id, what: `${how} while ${open} was neither terminal nor parked`, isUnknown }
}

function lagAtEnd({ topic, partition, offset }: CommitLine, reached: number): Found[] {
  if (offset >= reached) return []
  const what = `${offset} is committed in the end, but all before ${reached} is done`
  return [{ id: `${topic}/${partition}`, what, isUnknown: false }]
}

function retryOffences(facts: Facts, scope: Scope, { samples, holes }: Sampled): Found[] {
  const parks = Map.groupBy(parksOf(facts, scope), ({ partition }) => partition)
  return samples.flatMap(({ topic, partition, offset, ns }) => {
    const own = holes.get(partition) ?? []
    const open = (parks.get(partition) ?? []).filter((park) => park.offset < offset && park.untilNs > ns)
    const surely = open.find((park) => !mayBeClosed(park, ns, own))
    const passed = surely ?? open[0]
    if (passed === undefined) return []
    const place = `${topic}/${partition}`
    const { source } = passed
    const id = `${source?.topic}/${source?.partition}/${source?.offset}`
    const what = `${offset} was committed for ${place} while its park at ${passed.offset} was open`
    return [{ id, what, isUnknown: surely === undefined }]
  })
}

/** What closed it may be in a hole. */
const mayBeClosed = (park: Park, ns: number, holes: readonly Hole[]): boolean =>
  holes.some(({ end, fromNs }) => end > park.offset && fromNs <= ns)
