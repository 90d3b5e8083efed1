import type { DeadLetterLine, LogLine, ReceiveLine } from '../history.ts'
import { clockErrorNs } from './coverage.ts'
import {
  acknowledgedSequences,
  deadLettersOf,
  type Facts,
  type Publication,
  receiptsOf,
  type Scope,
  succeeded,
} from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** When an event was first tried, and when nothing more could happen to it. */
type Course = { id: string; firstTriedNs: number; endedNs: number }

/**
 * I4: no event is tried before every earlier event of its key was delivered or dead-lettered. Earlier means: published
 * before it by the same publisher (who waits for each acknowledgement), and, where a tap read the log, in front of it
 * in the log, whoever published it. Later duplicates of an event do not count: only first successes are in order.
 */
export function checkKeyOrder(facts: Facts, scope: Scope): Verdict {
  const published = acknowledgedSequences(facts, scope.stream)
  const orders = [
    ...published.map((sequence) => ({ by: 'its publisher', ids: sequence.map((event) => event.id) })),
    ...logOrders(published.flat(), facts.log).map((ids) => ({ by: 'the log', ids })),
  ]
  const courses = coursesOf(facts, scope)
  const breaks = new Map<string, Offence>()
  for (const { by, ids } of orders) {
    for (const offence of breaksOf(ids, courses, by)) breaks.set(offence.id, offence)
  }
  return verdict({
    invariant: 'I4',
    claim: 'first successes of a key are in order',
    offences: [...breaks.values()],
    judged: courses.size,
    counts: { outOfOrder: breaks.size },
  })
}

function breaksOf(ids: readonly string[], courses: ReadonlyMap<string, Course>, by: string): Offence[] {
  const happened = ids.flatMap((id) => courses.get(id) ?? [])
  const offences: Offence[] = []
  let latest: Course | undefined
  for (const course of happened) {
    if (latest !== undefined && course.firstTriedNs < latest.endedNs) {
      const earlyMs = ((latest.endedNs - course.firstTriedNs) / 1e6).toFixed(1)
      offences.push({
        id: course.id,
        what: `tried ${earlyMs} ms before the end of ${latest.id}, by ${by} the earlier one`,
      })
    }
    if (latest === undefined || course.endedNs > latest.endedNs) latest = course
  }
  return offences
}

function coursesOf(facts: Facts, scope: Scope): Map<string, Course> {
  const deadLetters = deadLettersOf(facts, scope)
  const courses = new Map<string, Course>()
  for (const [id, receipts] of receiptsOf(facts, scope)) {
    const endedNs = endOf(receipts, deadLetters.get(id) ?? [])
    if (endedNs === undefined) continue
    courses.set(id, { id, firstTriedNs: minimum(receipts.map((receipt) => receipt.arrivedNs)), endedNs })
  }
  return courses
}

/**
 * A dead letter ends with the last answer before it, whatever a job makes of it later; after a crash its event may be tried
 * once more. An event that is lost has no end and is I1's matter.
 */
function endOf(receipts: readonly ReceiveLine[], letters: readonly DeadLetterLine[]): number | undefined {
  const successNs = minimum(receipts.filter(succeeded).map(({ ns }) => ns))
  const letterNs = minimum(letters.map(({ ns }) => ns)) + clockErrorNs
  if (successNs <= letterNs) return successNs === Infinity ? undefined : successNs
  return receipts.reduce((last, { ns }) => (ns <= letterNs ? Math.max(last, ns) : last), -Infinity)
}

function logOrders(events: readonly Publication[], log: Facts['log']): string[][] {
  const byKey = new Map<string, LogLine[]>()
  for (const { id, key } of events) {
    const first = log?.get(id)?.reduce((a, b) => (a.offset <= b.offset ? a : b))
    if (first === undefined) continue
    const list = byKey.get(key)
    if (list === undefined) byKey.set(key, [first])
    else list.push(first)
  }
  return [...byKey.values()].map((lines) => lines.sort((a, b) => a.offset - b.offset).map((line) => line.id))
}

const minimum = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity)
