import type { DroppedRules } from '../../../services/consumer/pair/rules.ts'
import type { PairPolicy } from '../../../services/consumer/pair/states.ts'
import type { Conditions } from './conditions.ts'
import { createGroup, type Group } from './group.ts'
import { type History, keepHistory } from './history.ts'
import { emptyLog, type LogModel } from './log-model.ts'
import { give, type Member, newMember, type Surroundings } from './member.ts'
import type { Random } from './random.ts'
import { createReceiver, type Receiver } from './receiver.ts'

/** Something on its way. Each arrives when chance picks it, so order among messages means nothing. */
export type Message = { readonly notBefore: number; readonly to: Member | null; arrive(): void }

/**
 * One stream partition, its retry partition, the group's committed state, a receiver, and members of which several may
 * believe to own the pair. Nothing happens here but by a random choice of `chaos.ts`.
 */
export type World = {
  readonly random: Random
  readonly conditions: Conditions
  readonly dropped: DroppedRules
  readonly stream: LogModel
  readonly retry: LogModel
  readonly group: Group
  readonly receiver: Receiver
  readonly history: History
  /** Offsets that were noted as delivered, by token. */
  readonly noted: Map<string, Set<number>>
  readonly members: Member[]
  readonly network: Message[]
  readonly lines: string[] | null
  /** Every table is looked through after every step: slow, so not in every run. */
  readonly isAudited: boolean
  /** As the catalog says it now; a member hears of a change some time, a new one at once. */
  policy: PairPolicy
  steps: number
  nowMs: number
  isHealed: boolean
  tokens: number
}

export type WorldOptions = {
  random: Random
  conditions: Conditions
  dropped: DroppedRules
  isTraced: boolean
  isStrict: boolean
}

export function createWorld({ random, conditions, dropped, isTraced, isStrict }: WorldOptions): World {
  const stream = emptyLog('s')
  const retry = emptyLog('r')
  return {
    random,
    conditions,
    dropped,
    stream,
    retry,
    group: createGroup(),
    receiver: createReceiver(random),
    history: keepHistory(stream, retry, { conditions, isStrict }),
    noted: new Map(),
    members: [],
    network: [],
    lines: isTraced ? [] : null,
    isAudited: !dropped.invariants && random.happens(0.1),
    policy: conditions.policy,
    steps: 0,
    nowMs: 0,
    isHealed: false,
    tokens: 0,
  }
}

export function trace(world: World, line: () => string): void {
  world.lines?.push(`${String(world.steps).padStart(4)} ${line()}`)
}

/** The member that the coordinator believes in. */
export function ownerOf({ members, group }: World): Member | undefined {
  return members.find(({ isAlive, generation }) => isAlive && generation === group.generation)
}

/** Another member takes over; the one before may live on without knowing. */
export function takeOver(world: World, surroundings: Surroundings): void {
  world.history.verdict.takeovers += 1
  const member = newMember(`m${world.members.length + 1}`, world.policy, world.dropped)
  world.members.push(member)
  join(world, member, surroundings)
}

/** The coordinator gives the pair to `member`. */
export function join(world: World, member: Member, surroundings: Surroundings): void {
  world.group.generation += 1
  world.tokens += 1
  member.generation = world.group.generation
  member.paused.stream = true
  member.paused.retry = true
  trace(world, () => `${member.name} joins as generation ${member.generation}`)
  give(member, { kind: 'joined', token: `t${world.tokens}` }, surroundings)
}

/** Puts something on its way. */
export function send(world: World, to: Member | null, arrive: () => void, notBefore = 0): void {
  const delay = world.random.happens(world.conditions.slowness) ? world.random.below(100) : 0
  world.network.push({ to, notBefore: Math.max(notBefore, world.steps + delay), arrive })
}
