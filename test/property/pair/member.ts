import type { EventRecord } from '#shared/event/record.ts'
import type { AppendRef, Effect, Half } from '../../../services/consumer/pair/effects.ts'
import type { Input } from '../../../services/consumer/pair/inputs.ts'
import type { DroppedRules } from '../../../services/consumer/pair/rules.ts'
import { createPair, type Pair, type PairPolicy } from '../../../services/consumer/pair/states.ts'
import { step } from '../../../services/consumer/pair/step.ts'
import { audit } from './audit.ts'
import type { Fetched } from './log-model.ts'

export type Append = { readonly token: string; readonly ref: AppendRef; readonly record: EventRecord }

/** One process that owns the pair, or believes to: the pair, its appends in order, and where its two fetches stand. */
export type Member = {
  readonly name: string
  readonly pair: Pair
  generation: number
  isAlive: boolean
  /** Until which step the process stands still, and until which its appends are on their way. */
  frozenUntil: number
  slowUntil: number
  readonly position: Record<Half, number>
  readonly paused: Record<Half, boolean>
  /** Appends to the retry partition: one batch in flight, the next when it is acknowledged. */
  readonly lane: Append[]
  inFlight: Append[] | null
  /** Fetched before something that makes it stale, and handed over after it. */
  readonly stale: { of: Half; fetched: Fetched }[]
}

export function newMember(name: string, policy: PairPolicy, dropped: DroppedRules): Member {
  return {
    name,
    pair: createPair({ topic: 's', partition: 0 }, policy, dropped),
    generation: 0,
    isAlive: true,
    frozenUntil: 0,
    slowUntil: 0,
    position: { stream: 0, retry: 0 },
    paused: { stream: true, retry: true },
    lane: [],
    inFlight: null,
    stale: [],
  }
}

/** What a member cannot do by itself. */
export type Surroundings = {
  readonly nowMs: number
  readonly isAudited: boolean
  trace(line: () => string): void
  load(member: Member, token: string): void
  attempt(member: Member, effect: Extract<Effect, { kind: 'attempt' }>): void
  bury(member: Member, effect: Extract<Effect, { kind: 'append-dead-letter' }>): void
  commit(member: Member, effect: Extract<Effect, { kind: 'commit' }>): void
  trim(offset: number): void
  note(member: Member, effect: Extract<Effect, { kind: 'delivered' }>): void
  checkLogStart(member: Member, of: Half): void
}

export function give(member: Member, input: Input, world: Surroundings): void {
  const effects = step(member.pair, input, world.nowMs)
  if (world.isAudited) audit(member.pair)
  if (effects.length > 0) world.trace(() => `${member.name} ${describe(input)} → ${effects.map(describe).join(', ')}`)
  for (const effect of effects) perform(member, effect, world)
}

function perform(member: Member, effect: Effect, world: Surroundings): void {
  switch (effect.kind) {
    case 'load':
      world.load(member, effect.token)
      return
    case 'pause':
    case 'resume':
      member.paused[effect.of] = effect.kind === 'pause'
      return
    case 'seek':
      member.position[effect.of] = effect.offset
      return
    case 'check-log-start':
      world.checkLogStart(member, effect.of)
      return
    case 'attempt':
      world.attempt(member, effect)
      return
    case 'append':
      member.lane.push(effect)
      return
    case 'append-dead-letter':
      world.bury(member, effect)
      return
    case 'drop-appends':
      member.lane.length = 0
      return
    case 'commit':
      world.commit(member, effect)
      return
    case 'trim':
      world.trim(effect.offset)
      return
    case 'delivered':
      world.note(member, effect)
      return
    case 'report-expired':
    case 'report-offsets-lost':
    case 'report-unreadable':
      throw new Error(`nothing here can lead to ${effect.kind}`)
    case 'report-waiting':
    case 'recall':
    case 'adopted':
      return
    default:
      effect satisfies never
  }
}

/** A line of the trace: the kind and whatever tells this one from others. */
function describe(thing: Input | Effect): string {
  const { kind, ...rest } = thing
  const shown = Object.entries(rest).flatMap(([name, value]) => describeMember(name, value))
  return shown.length === 0 ? kind : `${kind}(${shown.join(' ')})`
}

function describeMember(name: string, value: unknown): string[] {
  if (name === 'record' || name === 'token' || name === 'timestampMs' || name === 'truncated') return []
  if (name === 'delivery') return [String((value as { offset: number }).offset)]
  if (name === 'ref')
    return Object.values(value as AppendRef)
      .slice(0, 2)
      .map(String)
  if (name === 'records') return [`records=${(value as { offset: number }[]).map(({ offset }) => offset)}`]
  if (name === 'outcome') return [(value as { kind: string }).kind]
  return [`${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`]
}
