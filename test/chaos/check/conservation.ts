import type { AccountLine, ConsumerCounters } from '../history.ts'
import { parseSource } from '../history.ts'
import { deadLettersOf, type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** What a subscription came to, in records of its stream. */
type Sums = { accepted: number; delivered: number; dead: number; pending: number }

/**
 * I18: what the product counts is what happened: its stream has as many records as the log, its subscription as many dead
 * letters as there are, and what lags or is retried is what is in neither. `deliveries_total` of consumers that lived through
 * the whole run grew by as many as receivers answered well (checkCounters).
 */
export function checkConservation(facts: Facts, scope: Scope): Verdict {
  const account = facts.accounts.findLast(({ subscription }) => subscription === scope.subscription)
  const isJudged = account !== undefined && facts.log !== null && !hasJobs(facts, scope)
  const offences = isJudged ? mismatches(account, sumsOf(facts, scope)) : []
  return verdict({
    invariant: 'I18',
    claim: 'accepted = delivered + dead-lettered + pending, also by what the product says',
    offences,
    judged: isJudged ? 1 : 0,
  })
}

/** What jobs deliver is nobody's to keep account of here. */
const hasJobs = (facts: Facts, scope: Scope): boolean =>
  [...receiptsOf(facts, scope).values()].some((receipts) => receipts.some(({ job }) => job !== null))

function sumsOf(facts: Facts, scope: Scope): Sums {
  const done = new Set<string>()
  const dead = new Set<string>()
  for (const receipts of receiptsOf(facts, scope).values()) {
    for (const receipt of receipts) if (succeeded(receipt)) done.add(placeOf(receipt))
  }
  for (const letters of deadLettersOf(facts, scope).values()) {
    for (const { headers } of letters) dead.add(placeOf(parseSource(headers.tailrace_source ?? '')))
  }
  const over = new Set([...done, ...dead]).size
  let accepted = 0
  for (const lines of facts.log?.values() ?? []) accepted += lines.length
  return { accepted, delivered: over - dead.size, dead: dead.size, pending: accepted - over }
}

const placeOf = (at: { partition: number; offset: number } | undefined): string => `${at?.partition}/${at?.offset}`

function mismatches({ subscription, events, lagEvents, retrying, deadLetters }: AccountLine, sums: Sums): Offence[] {
  const { accepted, delivered, dead, pending } = sums
  const said = [
    { what: 'events', says: events, is: accepted },
    { what: 'dead letters', says: deadLetters, is: dead },
    { what: 'waiting events', says: sumOrNull(lagEvents, retrying), is: pending },
  ]
  const wrong = said.filter(({ says, is }) => says !== null && says !== is)
  const sum = `${accepted} = ${delivered} + ${dead} + ${pending}`
  return wrong.map(({ what, says, is }) => ({ id: subscription, what: `says ${says} ${what}, but ${is} are (${sum})` }))
}

const sumOrNull = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

/** I18 over all subscriptions. Not judged where a consumer came, went or was hit by a fault, or a job delivered. */
export function checkCounters(facts: Facts): Verdict {
  const [first, last] = [facts.counters[0], facts.counters.at(-1)]
  const isSteady = first !== undefined && last !== undefined && first !== last && sameProcesses(first, last)
  const isJudged = isSteady && facts.faults.length === 0
  const grew = (of: (one: ConsumerCounters) => number) => total(last?.consumers, of) - total(first?.consumers, of)
  const said = [
    { what: 'deliveries', says: grew(({ delivered }) => delivered), is: successes(facts) },
    { what: 'dead letters', says: grew(({ deadLettered }) => deadLettered), is: letters(facts) },
  ]
  const wrong = isJudged ? said.filter(({ says, is }) => says !== is) : []
  return verdict({
    invariant: 'I18',
    claim: 'consumers count what receivers saw',
    offences: wrong.map(({ what, says, is }) => ({
      id: 'deliveries_total',
      what: `grew by ${says} ${what}, not ${is}`,
    })),
    judged: isJudged ? 1 : 0,
  })
}

type Sample = { consumers: readonly ConsumerCounters[] }

function sameProcesses(a: Sample, b: Sample): boolean {
  const pids = ({ consumers }: Sample) => consumers.map(({ name, pid }) => `${name} ${pid}`).sort()
  return pids(a).join() === pids(b).join()
}

const total = (all: readonly ConsumerCounters[] = [], of: (one: ConsumerCounters) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0)

function successes({ receipts }: Facts): number {
  let sum = 0
  for (const ofOne of receipts.values()) {
    for (const some of ofOne.values()) sum += some.filter((one) => succeeded(one) && one.job === null).length
  }
  return sum
}

function letters({ deadLetters }: Facts): number {
  let sum = 0
  for (const ofOne of deadLetters.values()) for (const some of ofOne.values()) sum += some.length
  return sum
}
