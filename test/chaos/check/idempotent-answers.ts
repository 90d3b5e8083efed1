import type { TwinLine } from '../history.ts'
import type { Facts } from './facts.ts'
import { isDisturbed, realFaults } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** Its memory, or what holds the event, may die between two twins; then a second record is allowed, under the same id. */
const forgets = /redis|producer|everything/

/**
 * I20: of equal requests under one Idempotency-Key of one API key all that are acknowledged get one id and one place, and the
 * log has one record; one with another body is refused with 422; while one is under way, others may hear 409. Another API
 * key with the same Idempotency-Key is another publisher. Judged where every answer says that it was checked.
 */
export function checkIdempotentAnswers(facts: Facts): Verdict {
  const groups = Map.groupBy(facts.twins, ({ actor, idempotencyKey }) => `${actor} ${idempotencyKey}`)
  const judged = [...groups.values()].filter((twins) => isJudged(facts, twins))
  return verdict({
    invariant: 'I20',
    claim: 'equal requests have one answer and one record',
    offences: judged.flatMap((twins) => offencesOf(facts, twins)),
    judged: judged.length,
    counts: { idempotencyKeys: judged.length },
  })
}

function isJudged(facts: Facts, twins: readonly TwinLine[]): boolean {
  const span = { fromNs: Math.min(...twins.map(({ sentNs }) => sentNs)), toNs: Math.max(...twins.map(({ ns }) => ns)) }
  const faults = realFaults(facts).filter(({ fault, victim }) => forgets.test(`${fault} ${victim}`))
  return twins.every((one) => !isStored(one) || one.dedup === 'checked') && !isDisturbed(faults, span)
}

function offencesOf({ log }: Facts, twins: readonly TwinLine[]): Offence[] {
  const [first] = twins.toSorted((a, b) => a.sentNs - b.sentNs)
  if (first === undefined) return []
  const { id, idempotencyKey: key, bodySha256 } = first
  const equal = twins.filter((one) => one.bodySha256 === bodySha256)
  const others = twins.filter((one) => one.bodySha256 !== bodySha256)
  const stored = equal.filter(isStored)
  const ids = new Set(stored.map(({ answeredId }) => answeredId))
  const places = new Set(stored.map(({ position }) => `${position?.partition}/${position?.offset}`))
  const records = log?.get(id)?.length ?? 0
  const refused = equal.find(({ status }) => status !== null && status >= 400 && status < 500 && !isBusy(status))
  const accepted = others.filter((one) => isStored(one))
  const strange = others.find(({ status }) => status !== null && status < 500 && !isBusy(status) && status !== 422)
  return [
    ...(ids.size > 1 ? [`${ids.size} ids`] : []),
    ...(places.size > 1 ? [`${places.size} places`] : []),
    ...(log !== null && stored.length > 0 && records !== 1 ? [`${records} records`] : []),
    ...(refused === undefined ? [] : [`an equal request was answered ${refused.status}`]),
    ...(accepted.length === 0 ? [] : [`another body was acknowledged`]),
    ...(strange === undefined || isStored(strange) ? [] : [`another body was answered ${strange.status}, not 422`]),
  ].map((what) => ({ id, what: `${what} under the key ${key}` }))
}

const isStored = ({ status }: TwinLine): boolean => status !== null && status >= 200 && status < 300

/** The first one is under way, or there is too much of everything. */
const isBusy = (status: number): boolean => status === 409 || status === 429
