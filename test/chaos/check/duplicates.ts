import type { ReceiveLine } from '../history.ts'
import { type Facts, type FaultSpan, receiptsOf, type Scope, succeeded } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** How many deliveries may be repeated: in the whole run, or on account of each fault. */
export type DuplicateLimit = number | ((fault: FaultSpan) => number)

/** A success after the first one of its record. */
export type Repeat = { id: string; firstNs: number; ns: number }

/** What one fault had repeated, and what it may. */
export type RepeatedBy = { fault: FaultSpan; repeats: readonly Repeat[]; most: number }

/**
 * I5: no more repeated deliveries than the faults of the run allow (0 without a fault and after a clean stop), and no
 * event twice in the log unless its publisher had to repeat a request. With a limit for each fault every repeat must have
 * one that explains it.
 */
export function checkDuplicates(facts: Facts, scope: Scope, limit: DuplicateLimit): Verdict {
  const repeated = repeatsOf(facts, scope)
  const appended = appendedTwice(facts)
  return verdict({
    invariant: 'I5',
    claim:
      typeof limit === 'number'
        ? `at most ${limit} repeated deliveries, no event twice in the log`
        : 'a fault explains each repeated delivery, no event twice in the log',
    offences: [
      ...(typeof limit === 'number' ? tooMany(repeated, limit) : unexplained(facts, scope, limit)),
      ...appended,
    ],
    judged: receiptsOf(facts, scope).size,
    counts: { duplicates: repeated.length, appendedAgain: appendedAgain(facts) },
  })
}

/**
 * The repeats of a run by the fault that explains them: the first one that may cost repeats at all, lasted (until all was
 * whole again) when the event first succeeded or came after that, and came before the repeat. `none` has the others.
 */
export function repeatsByFault(facts: Facts, scope: Scope, limit: (fault: FaultSpan) => number) {
  const causes = facts.faults.map((fault) => ({ fault, most: limit(fault), repeats: [] as Repeat[] }))
  const none: Repeat[] = []
  for (const repeat of repeatsOf(facts, scope)) {
    const cause = causes.find(
      ({ fault: { ns, wholeNs = Infinity }, most }) => most > 0 && wholeNs >= repeat.firstNs && ns <= repeat.ns,
    )
    if (cause === undefined) none.push(repeat)
    else cause.repeats.push(repeat)
  }
  return { causes: causes satisfies RepeatedBy[], none }
}

function tooMany(repeated: readonly Repeat[], limit: number): Offence[] {
  if (repeated.length <= limit) return []
  return [...Map.groupBy(repeated, ({ id }) => id)].map(([id, some]) => ({
    id,
    what: `delivered ${some.length + 1} times`,
  }))
}

function unexplained(facts: Facts, scope: Scope, limit: (fault: FaultSpan) => number): Offence[] {
  const { causes, none } = repeatsByFault(facts, scope, limit)
  return [
    ...none.map(({ id, ns }) => ({ id, what: `delivered again${after(facts.faults, ns)}, which no fault explains` })),
    ...causes
      .filter(({ repeats, most }) => repeats.length > most)
      .flatMap(({ fault, repeats, most }) =>
        repeats.map(({ id }) => ({
          id,
          what: `one of ${repeats.length} repeats after ${nameOf(fault)}: ${most} at most`,
        })),
      ),
  ]
}

function after(faults: readonly FaultSpan[], ns: number): string {
  const fault = faults.findLast((one) => one.ns <= ns)
  return fault === undefined ? '' : ` ${((ns - fault.ns) / 1e6).toFixed(0)} ms after ${nameOf(fault)}`
}

const nameOf = ({ fault, victim }: FaultSpan): string => (victim === '' ? fault : `${fault} (${victim})`)

/** Every success after the first one of a record; a second record of an event is not a repeated delivery. */
export function repeatsOf(facts: Facts, scope: Scope): Repeat[] {
  return [...receiptsOf(facts, scope)].flatMap(([id, receipts]) => {
    const successes = receipts.filter(succeeded)
    if (successes.length < 2) return []
    return [...Map.groupBy(successes, placeOf).values()].flatMap((some) => {
      const [firstNs = 0, ...again] = some.map(({ ns }) => ns).sort((a, b) => a - b)
      return again.map((ns) => ({ id, firstNs, ns }))
    })
  })
}

const placeOf = ({ partition, offset }: ReceiveLine): string => `${partition}/${offset}`

/** Records that are there because a publisher had to repeat a request. */
const appendedAgain = ({ log }: Facts): number =>
  [...(log?.values() ?? [])].reduce((sum, lines) => sum + lines.length - 1, 0)

function appendedTwice({ log, requests }: Facts): Offence[] {
  const asked = new Map<string, number>()
  for (const { id } of requests) asked.set(id, (asked.get(id) ?? 0) + 1)
  return [...(log ?? [])].flatMap(([id, lines]) =>
    lines.length > (asked.get(id) ?? 1) ? [{ id, what: `${lines.length} times in the log` }] : [],
  )
}
