import type { FaultName } from '../faults.ts'
import { fractionOf } from '../load/modes.ts'

/** What a step does that does nothing: a control, which must cost nothing either. */
export const nothing = 'none'

/**
 * `waitMs` after the stack was whole again, and not before `notBeforeMs` after the beginning of the load; `round` chooses
 * the victim.
 */
export type Step = {
  index: number
  waitMs: number
  notBeforeMs?: number
  fault: FaultName | typeof nothing
  round: number
}

const shortestWaitMs = 5_000
const longestWaitMs = 15_000
const shareOfNothing = 0.25
/** On two cores, beside the two of the launcher. */
const mostAdded = 2
const rounds = 1_000

/** How often each fault comes, in relation to the others. */
const weights = {
  'kill-broker': 3,
  'term-broker': 2,
  'freeze-broker': 2,
  'kill-consumer': 4,
  'term-consumer': 3,
  'freeze-consumer': 3,
  'add-consumer': 4,
  'remove-consumer': 4,
  'kill-added-consumer': 2,
  'kill-producer': 2,
  'term-producer': 2,
  'kill-redis': 2,
  'kill-everything': 1,
  'commit-timeout-rejoin': 2,
} as const satisfies Partial<Record<FaultName, number>>

type Drawn = keyof typeof weights

/** The steps of a mixed run without end; the same ones for the same seed. */
export function* planMix(seed: number): Generator<Step, never> {
  let added = 0
  for (let index = 0; ; index += 1) {
    const draw = (what: string) => fractionOf(`${seed}/${index}/${what}`)
    const fault = draw('control') < shareOfNothing ? nothing : pick(draw('fault'), added)
    const waitMs = Math.round(shortestWaitMs + draw('wait') * (longestWaitMs - shortestWaitMs))
    yield { index, waitMs, fault, round: Math.floor(draw('victim') * rounds) }
    added = addedAfter(fault, added)
  }
}

function pick(fraction: number, added: number): Drawn {
  const possible = (Object.keys(weights) as Drawn[]).filter((fault) => isPossible(fault, added))
  const tickets = possible.flatMap((fault) => Array.from({ length: weights[fault] }, () => fault))
  return tickets[Math.floor(fraction * tickets.length)] ?? 'kill-broker'
}

function isPossible(fault: Drawn, added: number): boolean {
  if (fault === 'add-consumer') return added < mostAdded
  return (fault !== 'remove-consumer' && fault !== 'kill-added-consumer') || added > 0
}

function addedAfter(fault: Step['fault'], added: number): number {
  if (fault === 'add-consumer') return added + 1
  if (fault === 'remove-consumer' || fault === 'kill-added-consumer') return added - 1
  return fault === 'kill-everything' ? 0 : added
}
