import type { CommitLine } from '../history.ts'
import { type Cover, coverage, isCommitted, isCovered, parksOf } from './coverage.ts'
import type { Facts, Scope } from './facts.ts'
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
  const partitions = coverage(facts, scope)
  return samples.flatMap((sample) => {
    const here = partitions.get(sample.partition) ?? new Map<number, Cover>()
    const open = openAt(here, sample.ns)
    const passed = open.filter(({ offset }) => isCommitted(sample, offset)).map((event) => passedOver(sample, event))
    if (passed.length > 0 || !sample.isLast) return passed
    return lagAtEnd(sample, open[0]?.offset ?? endOf(here))
  })
}

type Open = { offset: number; id: string }

/** The events of a partition that nothing covers at `ns`, lowest offset first. */
function openAt(covers: ReadonlyMap<number, Cover>, ns: number): Open[] {
  const open: Open[] = []
  for (const [offset, cover] of covers) if (!isCovered(cover, ns)) open.push({ offset, id: cover.id })
  return open.sort((a, b) => a.offset - b.offset)
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

const endOf = (covers: ReadonlyMap<number, Cover>): number => [...covers.keys()].reduce((a, b) => Math.max(a, b + 1), 0)

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
