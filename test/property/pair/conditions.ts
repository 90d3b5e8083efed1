import type { PairPolicy } from '../../../services/consumer/pair/states.ts'
import type { Random } from './random.ts'

/** How unkind a world is. Chances are per occasion unless said otherwise. */
export type Conditions = {
  /** That a commit of a superseded member is accepted all the same. */
  readonly unfenced: number
  /** Stream and retry offsets are committed in two requests, which land apart. */
  readonly splitCommits: boolean
  /** That a commit loses its runs, or its whole metadata. */
  readonly forgetful: number
  /** That a delivery is noted beside the commits before its member can die; the others arrive late or never. */
  readonly noting: number
  /** That a step deletes the records of the retry partition below its committed offset. */
  readonly trimming: number
  /** That a step gives the pair back to a member that lost it, or lets the owner join again. */
  readonly rejoining: number
  /** That a step moves the position back. */
  readonly moving: number
  /** That a message takes long. */
  readonly slowness: number
  /** That a step lets the owner die, and that it gives the pair to a new member while the owner lives on. */
  readonly dying: number
  readonly evicting: number
  readonly policy: PairPolicy
  /** That a step lets a member hear that the operator changed the policy, to one of these. */
  readonly switching: number
  readonly alternatives: readonly [PairPolicy, ...PairPolicy[]]
}

const policy: PairPolicy = {
  ordering: 'key',
  whileBlocked: 'wait',
  retry: { scheduleMs: [100, 300, 900], giveUpAfterMs: 100_000 },
  inbox: { events: 1_000, bytes: 1e9 },
  waiting: { perKey: 1_000, perPair: 1_000, valueBytes: 1e9 },
  judge: (record) => (record.value === null ? 'malformed-record' : 'deliver'),
  eventIdOf: (record) => `e${record.offset}`,
}

/** Crashes, false evictions, zombies, lost answers and late or repeated appends; nothing else. */
export const plain: Conditions = {
  unfenced: 0,
  splitCommits: false,
  forgetful: 0,
  noting: 0,
  trimming: 0,
  rejoining: 0,
  moving: 0,
  slowness: 0.1,
  dying: 0.006,
  evicting: 0.008,
  policy,
  switching: 0,
  alternatives: [policy],
}

/** Every bad thing there is, each sometimes. */
export function anything(random: Random): Conditions {
  const first = anyPolicy(random)
  return {
    unfenced: random.oneOf([0, 0.5, 1]),
    splitCommits: random.happens(0.5),
    forgetful: random.oneOf([0, 0, 0.5]),
    noting: random.oneOf([0, 0.5, 1]),
    trimming: random.oneOf([0, 0.03]),
    rejoining: random.oneOf([0, 0.02]),
    moving: random.oneOf([0, 0, 0.004]),
    slowness: random.oneOf([0, 0.1, 0.4]),
    dying: 0.006,
    evicting: 0.008,
    policy: first,
    ...anySwitching(random, first),
  }
}

/** An operator who changes schedule, ordering or what a blocked key does, with deliveries waiting. */
function anySwitching(random: Random, first: PairPolicy): Pick<Conditions, 'switching' | 'alternatives'> {
  if (!random.happens(0.2)) return { switching: 0, alternatives: [first] }
  const schedule = { ...first, retry: { ...first.retry, scheduleMs: [300, 2_000] } }
  const blocked: PairPolicy = { ...schedule, whileBlocked: first.whileBlocked === 'wait' ? 'skip' : 'wait' }
  const ordering: PairPolicy = { ...first, ordering: first.ordering === 'key' ? 'partition' : 'key' }
  return { switching: 0.03, alternatives: [first, random.oneOf([schedule, blocked, blocked, ordering])] }
}

function anyPolicy(random: Random): PairPolicy {
  const isTight = random.happens(0.3)
  return {
    ...policy,
    ordering: random.oneOf(['key', 'key', 'key', 'key', 'partition', 'none']),
    retry: { scheduleMs: [100, 300, 900], giveUpAfterMs: random.oneOf([1_500, 100_000]) },
    inbox: { events: isTight ? 1 + random.below(4) : 1_000, bytes: 1e9 },
    waiting: {
      perKey: isTight ? random.oneOf([2, 4, 1_000]) : 1_000,
      perPair: isTight ? 3 + random.below(6) : 1_000,
      valueBytes: random.oneOf([0, 1_200, 3_000, 1e9]),
    },
    whileBlocked: random.oneOf(['wait', 'wait', 'wait', 'skip']),
    judge: (record) =>
      record.headers.filtered === 'yes' ? 'filtered' : record.value === null ? 'malformed-record' : 'deliver',
  }
}
