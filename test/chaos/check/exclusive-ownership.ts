import type { ReceiveLine, RetryLine } from '../history.ts'
import { clockErrorNs } from './coverage.ts'
import { type Facts, type FaultSpan, receiptsOf, type Scope } from './facts.ts'
import { holesOf } from './unseen.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** An owner that can reach Kafka hears of its successor, or learns that it is no member any more, within this time. */
const toHearMs = 1_000
/** One that cannot stops when its last heartbeat is this old: 0.8 of the session timeout. */
const toDoubtMs = 4_800

/** One attempt of a partition and the process that made it. */
type Attempt = { id: string; ns: number; sender: number }

/** Attempts between two fences of a partition: of the owner that wrote the first one. */
type Reign = { partition: number; offset: number; attempts: readonly Attempt[] }

/**
 * I19: from the fence of an owner to the next one only one process delivers from a partition. What the owner before it began
 * in the first second after the fence is not judged, nor, while a broker is away or a consumer cut off, in the first 4.8 s. Not
 * judged either where senders are unknown (a proxy of ours hides them, and is nobody's process), no tap saw a fence, or there
 * may be one between the two that nobody saw.
 */
export function checkExclusiveOwnership(facts: Facts, scope: Scope): Verdict {
  const reigns = reignsOf(facts, scope)
  const judged = reigns.reduce((sum, { attempts }) => sum + attempts.length, 0)
  return verdict({
    invariant: 'I19',
    claim: 'one process at a time delivers from a partition',
    offences: reigns.flatMap(intrusions),
    judged,
    counts: { reigns: reigns.length, attemptsOfOwners: judged },
  })
}

function reignsOf(facts: Facts, scope: Scope): Reign[] {
  const fences = fencesOf(facts.retries.get(scope.subscription) ?? [])
  const attempts = Map.groupBy([...receiptsOf(facts, scope).values()].flat(), ({ partition }) => partition)
  const holes = holesOf(facts, scope)
  return [...fences].flatMap(([partition, own]) => {
    const here = (attempts.get(partition) ?? []).flatMap(asAttempt).sort((a, b) => a.ns - b.ns)
    let at = 0
    const reigns = own.map(({ offset, ns }, index) => {
      const fromNs = ns + graceNs(facts, ns)
      const toNs = (own[index + 1]?.ns ?? Infinity) - clockErrorNs
      while ((here[at]?.ns ?? Infinity) <= fromNs) at += 1
      const begin = at
      while ((here[at]?.ns ?? Infinity) < toNs) at += 1
      return { partition, offset, attempts: here.slice(begin, at) }
    })
    const isSeen = ({ offset }: Reign, index: number) => {
      const end = own[index + 1]?.offset ?? Infinity
      return !(holes.get(partition) ?? []).some((hole) => hole.start > offset && hole.end <= end)
    }
    return reigns.filter(isSeen)
  })
}

/** Each fence once, by partition, in order. */
function fencesOf(lines: readonly RetryLine[]): Map<number, RetryLine[]> {
  const once = new Map(lines.filter(({ kind }) => kind === 'fence').map((line) => [placeOf(line), line]))
  const byPartition = Map.groupBy(once.values(), ({ partition }) => partition)
  for (const fences of byPartition.values()) fences.sort((a, b) => a.offset - b.offset)
  return byPartition
}

const placeOf = ({ partition, offset }: RetryLine): string => `${partition}/${offset}`

/** A job delivers beside the owners. */
const asAttempt = ({ id, arrivedNs, sender, job }: ReceiveLine): Attempt[] =>
  sender === null || job !== null ? [] : [{ id, ns: arrivedNs, sender }]

/** A broker is away, or a consumer is cut off. */
const keepsFromKafka = ({ fault, victim }: FaultSpan): boolean =>
  victim.includes('kafka') || fault === 'docker-disconnect-consumer'

/** Owners may be kept from Kafka until all is whole again. */
function graceNs({ faults }: Facts, fenceNs: number): number {
  const mayBeKept = faults
    .filter(keepsFromKafka)
    .some(({ ns, wholeNs = Infinity }) => ns <= fenceNs + toDoubtMs * 1e6 && fenceNs <= wholeNs)
  return (mayBeKept ? toDoubtMs : toHearMs) * 1e6 + clockErrorNs
}

/** The attempts of those who made the fewer ones. */
function intrusions({ partition, offset, attempts }: Reign): Offence[] {
  const bySender = [...Map.groupBy(attempts, ({ sender }) => sender)].sort(([, a], [, b]) => b.length - a.length)
  const [owner, ...others] = bySender
  return others.flatMap(([sender, some]) =>
    some.map(({ id }) => ({
      id,
      what: `delivered from partition ${partition} by process ${sender}, under the fence at ${offset} of process ${owner?.[0]}`,
    })),
  )
}
