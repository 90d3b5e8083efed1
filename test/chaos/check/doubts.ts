import { indexAt } from '../moments.ts'
import { type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import type { Span } from './spans.ts'

/** When a process may have held its deliveries for the health of the receiver, as far as its answers tell. */
export type Doubts = { any(span: Span): boolean }

/** After this many failures of different events in a row, within 10 s, a process may take a receiver for down. */
const fewest = 3
/** So many it takes where the receiver did well about 3 times a second before. */
const fewestOfWell = 10
const wellSuccesses = 30
const windowNs = 10e9
/** What waits may be due at once as long after that: a hold ends with a probe, 4 to 6 s after the one before. */
const holdNs = 30e9

/** Judged for each sender by itself, as processes do; a 4xx or a wish to retry counts as a failure here, which only doubts more. */
export function doubtsOf(facts: Facts, scope: Scope): Doubts {
  const answers = [...receiptsOf(facts, scope).values()].flat().sort((a, b) => a.ns - b.ns)
  const known = new Map<number | null, Evidence>()
  const moments: number[] = []
  for (const answer of answers) {
    const evidence = known.get(answer.sender) ?? { failed: new Map(), successes: 0, successNs: 0 }
    known.set(answer.sender, evidence)
    if (succeeded(answer)) {
      evidence.successes = successesAt(evidence, answer.ns) + 1
      evidence.successNs = answer.ns
      evidence.failed.clear()
    } else if (isDoubtful(evidence, answer)) moments.push(answer.ns)
  }
  const sorted = Float64Array.from(moments)
  return { any: ({ fromNs, toNs }) => (sorted[indexAt(sorted, fromNs - holdNs)] ?? Infinity) <= toNs }
}

/** The last failure of each event since the last success, and how many successes there were, each worth less with time. */
type Evidence = { failed: Map<string, number>; successes: number; successNs: number }

function isDoubtful(evidence: Evidence, { id, ns }: { id: string; ns: number }): boolean {
  const { failed } = evidence
  failed.delete(id)
  failed.set(id, ns)
  for (const [other, atNs] of failed) {
    if (ns - atNs <= windowNs && failed.size <= fewestOfWell) break
    failed.delete(other)
  }
  return failed.size >= (successesAt(evidence, ns) < wellSuccesses ? fewest : fewestOfWell)
}

const successesAt = ({ successes, successNs }: Evidence, ns: number): number =>
  successes * Math.exp(-Math.max(0, ns - successNs) / windowNs)
