import type { Balance } from '#shared/catalog/model.ts'

/** One target as the choice sees it; the list keeps the order of the subscription. */
export type Candidate = {
  readonly weight: number
  readonly backup: boolean
  /** Deliveries may go there now. */
  readonly isUp: boolean
  /** Attempts under way there. */
  readonly underWay: number
  /** It should take no more while another one can. */
  readonly isFull: boolean
  /** This delivery has just failed there. */
  readonly isTried: boolean
}

/** What earlier choices left behind: the index of the last one, and what each target is owed by weight. */
export type Turns = { readonly last: number; readonly credits: readonly number[] }

export const noTurns: Turns = { last: -1, credits: [] }

export type Choice = { readonly index: number; readonly turns: Turns }

/**
 * Which target takes the next attempt; null when none is up. `backup` ones serve only while no other is up. `random` is
 * 0 ≤ n < 1. Pure.
 *
 *   round-robin     each in turn, whatever it weighs
 *   random          by chance, in proportion to the weight
 *   weighted        in turn, in proportion to the weight, spread evenly (the smooth weighted round-robin of nginx)
 *   least-loaded    the fewest attempts under way per weight; equals in turn
 *   primary-backup  the first in the list
 *   compare         the first in the list and no other, which only looks on
 *
 * The first four prefer a target that has room, and where this delivery has not just failed.
 */
export function choose(
  balance: Balance,
  candidates: readonly Candidate[],
  { turns, random }: { turns: Turns; random: number },
): Choice | null {
  const up = [...candidates.keys()].filter((index) => candidates[index]?.isUp)
  const serving = up.filter((index) => !candidates[index]?.backup)
  const rank = serving.length > 0 ? serving : up
  const [first] = rank
  if (first === undefined) return null
  const choice = (index: number, credits = turns.credits): Choice => ({ index, turns: { last: index, credits } })
  const open = preferred(rank, candidates)
  switch (balance) {
    case 'round-robin':
      return choice(nextInTurn(open, turns.last))
    case 'random':
      return choice(byChance(open, candidates, random))
    case 'weighted':
      return byCredit(open, candidates, turns.credits)
    case 'least-loaded':
      return choice(nextInTurn(leastLoaded(open, candidates), turns.last))
    case 'primary-backup':
      return choice(first)
    case 'compare':
      return first === 0 ? choice(first) : null
    default:
      return balance satisfies never
  }
}

type Indexes = readonly number[]

function preferred(rank: Indexes, candidates: readonly Candidate[]): Indexes {
  const fresh = rank.filter((index) => !candidates[index]?.isTried)
  const others = fresh.length > 0 ? fresh : rank
  const withRoom = others.filter((index) => !candidates[index]?.isFull)
  return withRoom.length > 0 ? withRoom : others
}

const nextInTurn = (open: Indexes, last: number): number => open.find((index) => index > last) ?? open[0] ?? 0

const weightOf = (candidates: readonly Candidate[], index: number): number => candidates[index]?.weight ?? 1

const weightOfAll = (open: Indexes, candidates: readonly Candidate[]): number =>
  open.reduce((sum, index) => sum + weightOf(candidates, index), 0)

function byChance(open: Indexes, candidates: readonly Candidate[], random: number): number {
  let left = random * weightOfAll(open, candidates)
  for (const index of open) {
    left -= weightOf(candidates, index)
    if (left < 0) return index
  }
  return open.at(-1) ?? 0
}

/** Each gets its weight in credit, the richest is chosen and pays for all: who is out neither gains nor pays. */
function byCredit(open: Indexes, candidates: readonly Candidate[], before: readonly number[]): Choice {
  const credits = candidates.map((_, index) => before[index] ?? 0)
  let best = open[0] ?? 0
  for (const index of open) {
    credits[index] = (credits[index] ?? 0) + weightOf(candidates, index)
    if ((credits[index] ?? 0) > (credits[best] ?? 0)) best = index
  }
  credits[best] = (credits[best] ?? 0) - weightOfAll(open, candidates)
  return { index: best, turns: { last: best, credits } }
}

function leastLoaded(open: Indexes, candidates: readonly Candidate[]): Indexes {
  const loadOf = (index: number) => (candidates[index]?.underWay ?? 0) / weightOf(candidates, index)
  const least = Math.min(...open.map(loadOf))
  return open.filter((index) => loadOf(index) === least)
}
