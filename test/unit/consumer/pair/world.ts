import type { StoredRecord } from '#shared/event/record.ts'
import type { Effect } from '../../../../services/consumer/pair/effects.ts'
import type { Input, Outcome } from '../../../../services/consumer/pair/inputs.ts'
import { createPair, type Defects, type Pair, type PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { step } from '../../../../services/consumer/pair/step.ts'

/**
 * A model of what surrounds one pair: the partition, the group's committed state, the dead-letter topic, a receiver, and
 * members of which several may believe to be the owner. Every micro-step is one random choice: a message arrives, a
 * record is read, an answer is lost, a member dies, is evicted while it lives on, or gets the partition back.
 */
export type Chances = {
  /** That a commit of a superseded member is accepted all the same. */
  unfenced: number
  /** That the metadata of a commit is lost or unreadable. */
  forgetful: number
}

export type Verdicts = { lost: number[]; order: string[]; overlap: string[]; stalled: boolean; repeats: number }

type Random = () => number
type Message =
  | { kind: 'request'; from: Member; token: string; offset: number }
  | { kind: 'answer'; to: Member; token: string; offset: number; outcome: Outcome }
  | { kind: 'append'; from: Member; token: string; offset: number }
  | { kind: 'appended'; to: Member; token: string; offset: number }
  | { kind: 'commit'; from: Member; token: string; offset: number; metadata: string }
  | { kind: 'committed-state'; to: Member; fetched: Committed; generation: number }

type Committed = { offset: number; metadata: string } | null
type Member = { pair: Pair; generation: number; position: number; paused: boolean; alive: boolean; loading: boolean }

const policy: PairPolicy = {
  ordering: 'key',
  retry: { scheduleMs: [100, 300, 900], giveUpAfterMs: 2_000 },
  inbox: { events: 5, bytes: 1e9 },
  judge: (record) => (record.value === null ? 'malformed-record' : 'deliver'),
}

export class World {
  readonly #random: Random
  readonly #chances: Chances
  readonly #defects: Defects
  readonly #log: StoredRecord[] = []
  readonly #members: Member[] = []
  readonly #poison = new Set<number>()
  readonly #refused = new Set<number>()
  readonly #delivered = new Map<number, number>()
  readonly #dead = new Set<number>()
  #network: Message[] = []
  #committed: Committed = null
  #started = false
  #generation = 0
  #takeovers = 0
  #tokens = 0
  #healed = false
  #nowMs = 0
  readonly #order: string[] = []
  readonly #overlap: string[] = []

  constructor(random: Random, { chances, defects = {} }: { chances: Chances; defects?: Defects }) {
    this.#random = random
    this.#chances = chances
    this.#defects = defects
    this.#fillLog()
  }

  /** `steps` random steps, then everything heals, and one owner drains what is left. */
  run(steps: number): Verdicts {
    this.#takeOver()
    for (let i = 0; i < steps; i += 1) this.#chaos()
    this.#healed = true
    for (const member of this.#members) if (member.generation !== this.#generation) member.alive = false
    let stalled = true
    for (let i = 0; i < 5_000 && stalled; i += 1) {
      if (this.#owner() === undefined) this.#takeOver()
      this.#move()
      stalled = !this.#isDrained()
    }
    const lost = this.#log.map(({ offset }) => offset).filter((offset) => !this.#isTerminal(offset))
    const repeats = [...this.#delivered.values()].reduce((sum, times) => sum + times - 1, 0)
    return { lost, order: this.#order, overlap: this.#overlap, stalled, repeats }
  }

  #fillLog(): void {
    const events = 3 + this.#pick(10)
    const keys = 1 + this.#pick(3)
    for (let i = 0, offset = this.#pick(3); i < events; i += 1, offset += this.#happens(0.1) ? 2 : 1) {
      const key = this.#happens(0.1) ? null : Buffer.from(`k${this.#pick(keys)}`)
      const value = this.#happens(0.05) ? null : Buffer.from(`${offset}`)
      this.#log.push({ topic: 's', partition: 0, offset, timestampMs: 0, key, value, headers: {} })
      if (this.#happens(0.3)) this.#poison.add(offset)
      if (this.#happens(0.15)) this.#refused.add(offset)
    }
  }

  #chaos(): void {
    const chance = this.#random()
    const owner = this.#owner()
    if (owner === undefined || (chance < 0.03 && this.#takeovers < 6)) this.#takeOver()
    else if (chance < 0.04) owner.alive = false
    else if (chance < 0.06) this.#rejoin(owner)
    else if (chance < 0.08) this.#giveBack()
    else if (chance < 0.1) this.#endZombie()
    else if (chance < 0.13) this.#apply(owner, { kind: owner.pair.held ? 'release' : 'hold' })
    else this.#move()
  }

  /** One message arrives or one living member does one thing. */
  #move(): void {
    this.#nowMs += this.#pick(30)
    const living = this.#members.filter((member) => member.alive)
    const choice = this.#pick(this.#network.length + living.length)
    const message = this.#network[choice]
    if (message !== undefined) {
      // appends are on their way for long: that is when owners die
      if (message.kind === 'append' && message.from.alive && !this.#healed && this.#happens(0.9)) return
      this.#network.splice(choice, 1)
      this.#arrive(message)
      return
    }
    const member = living[choice - this.#network.length]
    if (member !== undefined) this.#act(member)
  }

  #act(member: Member): void {
    if (this.#healed && member.pair.held) this.#apply(member, { kind: 'release' })
    const actions: Input[] = [
      { kind: 'records', records: this.#nextRecords(member) },
      { kind: 'offer', slots: 1 + this.#pick(3), probe: false },
      { kind: 'offer', slots: 1, probe: true },
      { kind: 'tick' },
      { kind: 'commit-due', forced: this.#happens(0.1) },
    ]
    const action = actions[this.#pick(actions.length)]
    if (action === undefined) return
    if (action.kind === 'records' && member.pair.phase !== 'loading') member.position += action.records.length
    this.#apply(member, action)
  }

  /** A few records after the position, also when paused: what a fetch had brought before is still handed over. */
  #nextRecords(member: Member): StoredRecord[] {
    if (member.paused && !this.#happens(0.2)) return []
    return this.#log.slice(member.position, member.position + 1 + this.#pick(3))
  }

  #apply(member: Member, input: Input): void {
    for (const effect of step(member.pair, input, this.#nowMs)) this.#perform(member, effect)
  }

  #perform(member: Member, effect: Effect): void {
    const token = member.pair.token ?? ''
    switch (effect.kind) {
      case 'attempt':
        this.#watchOverlap(member, effect.delivery.offset)
        this.#network.push({ kind: 'request', from: member, token, offset: effect.delivery.offset })
        break
      case 'append-dead-letter':
        this.#network.push({ kind: 'append', from: member, token, offset: effect.delivery.offset })
        break
      case 'commit':
        this.#network.push({ kind: 'commit', from: member, token, offset: effect.offset, metadata: effect.metadata })
        break
      case 'seek':
        member.position = this.#log.findIndex(({ offset }) => offset >= effect.offset)
        if (member.position < 0) member.position = this.#log.length
        break
      case 'pause':
      case 'resume':
        member.paused = effect.kind === 'pause'
        break
      case 'report-expired':
      case 'report-offsets-lost':
        this.#order.push(effect.kind)
        break
      default:
        effect satisfies never
    }
  }

  #arrive(message: Message): void {
    switch (message.kind) {
      case 'request':
        this.#receive(message)
        break
      case 'append':
        if (!message.from.alive && !this.#happens(0.5)) return
        this.#dead.add(message.offset)
        this.#network.push({ kind: 'appended', to: message.from, token: message.token, offset: message.offset })
        break
      case 'commit':
        this.#storeCommit(message)
        break
      case 'committed-state':
        this.#assign(message)
        break
      case 'answer':
        if (message.to.alive) this.#apply(message.to, { ...message, kind: 'answered' })
        break
      case 'appended':
        if (message.to.alive) this.#apply(message.to, message)
        break
      default:
        message satisfies never
    }
  }

  #receive({ from, token, offset }: Extract<Message, { kind: 'request' }>): void {
    const times = { attempts: 1, firstAttemptAtMs: this.#nowMs, lastAttemptAtMs: this.#nowMs }
    const failure = { code: 'status-500', detail: '' }
    const answer = (outcome: Outcome) => this.#network.push({ kind: 'answer', to: from, token, offset, outcome })
    if (this.#refused.has(offset)) {
      answer({ kind: 'refused', cause: 'refused', ...times, ...failure })
      return
    }
    const fails = !this.#healed && (this.#happens(0.15) || (this.#poison.has(offset) && this.#happens(0.8)))
    const isAnswerLost = !fails && !this.#healed && this.#happens(0.1)
    if (!fails) this.#accept(offset)
    const kinds: Outcome[] = [
      { kind: 'failed', eventId: `e${offset}`, cause: 'exhausted', ...times, ...failure },
      { kind: 'unproven', ...times },
      { kind: 'target-waits', waitMs: 50, own: this.#happens(0.5), ...times, ...failure },
    ]
    const failed = kinds[this.#pick(kinds.length)]
    if (!fails && !isAnswerLost) answer({ kind: 'delivered', ...times })
    else if (failed !== undefined) answer(failed)
  }

  /** A first success before an earlier event of the key is terminal breaks the promise of order. */
  #accept(offset: number): void {
    const times = this.#delivered.get(offset) ?? 0
    const key = this.#keyOf(offset)
    if (times === 0 && key !== null) {
      const passed = this.#log.find(
        (earlier) => earlier.offset < offset && earlier.key?.toString() === key && !this.#isTerminal(earlier.offset),
      )
      if (passed !== undefined && passed.value !== null) this.#order.push(`${offset} before ${passed.offset}`)
    }
    this.#delivered.set(offset, times + 1)
  }

  /** One owner never has two attempts of one key under way. */
  #watchOverlap(member: Member, offset: number): void {
    const key = this.#keyOf(offset)
    const isSame = (other: number) => other === offset || (key !== null && this.#keyOf(other) === key)
    const underWay = this.#network.some(
      (message) =>
        ((message.kind === 'request' && message.from === member) ||
          (message.kind === 'answer' && message.to === member)) &&
        message.token === member.pair.token &&
        isSame(message.offset),
    )
    if (underWay) this.#overlap.push(`${offset} while another attempt of its key was under way`)
  }

  #storeCommit({ from, token, offset, metadata }: Extract<Message, { kind: 'commit' }>): void {
    const isFenced = from.generation !== this.#generation && !this.#happens(this.#chances.unfenced)
    if (isFenced) {
      if (from.alive) this.#apply(from, { kind: 'commit-failed', token })
      return
    }
    const kept = this.#happens(this.#chances.forgetful) ? '9;x;' : metadata
    this.#committed = { offset, metadata: kept }
    if (from.alive) this.#apply(from, { kind: 'committed', token, offset })
  }

  #takeOver(): void {
    this.#generation += 1
    this.#takeovers += 1
    const pair = createPair(0, policy, this.#defects)
    const member = { pair, generation: this.#generation, position: 0, paused: true, alive: true, loading: false }
    this.#members.push(member)
    this.#fetch(member)
  }

  /** The owner joins again: what it has in memory may stay if nobody came between. */
  #rejoin(member: Member): void {
    this.#apply(member, { kind: 'commit-due', forced: true })
    this.#apply(member, { kind: 'revoked' })
    this.#generation += 1
    member.generation = this.#generation
    this.#fetch(member)
  }

  /** A superseded member gets the partition back while the owner lives on as a zombie. */
  #giveBack(): void {
    const zombie = this.#members.find(
      (member) => member.alive && member.generation !== this.#generation && member.pair.phase !== 'gone',
    )
    if (zombie !== undefined) this.#rejoin(zombie)
  }

  #endZombie(): void {
    const zombie = this.#members.find((member) => member.alive && member.generation !== this.#generation)
    if (zombie === undefined) return
    this.#apply(zombie, { kind: 'lost' })
    zombie.alive = false
  }

  #fetch(member: Member): void {
    if (this.#committed === null && !this.#started) this.#committed = { offset: 0, metadata: '' }
    this.#started = true
    this.#network.push({
      kind: 'committed-state',
      to: member,
      fetched: this.#committed,
      generation: member.generation,
    })
  }

  #assign({ to, fetched, generation }: Extract<Message, { kind: 'committed-state' }>): void {
    if (!to.alive || generation !== to.generation) return
    this.#tokens += 1
    const high = (this.#log.at(-1)?.offset ?? -1) + 1
    const base = { kind: 'assigned', token: `t${this.#tokens}`, startOffset: 0, started: this.#started } as const
    this.#apply(to, { ...base, committed: fetched, log: { low: 0, high } })
    this.#apply(to, { kind: 'commit-due', forced: true })
  }

  #owner(): Member | undefined {
    return this.#members.find((member) => member.alive && member.generation === this.#generation)
  }

  #isDrained(): boolean {
    const owner = this.#owner()
    if (owner === undefined || owner.pair.phase !== 'running') return false
    return owner.position >= this.#log.length && owner.pair.deliveries.size === 0
  }

  #isTerminal = (offset: number): boolean => this.#delivered.has(offset) || this.#dead.has(offset)

  #keyOf = (offset: number): string | null =>
    this.#log.find((record) => record.offset === offset)?.key?.toString() ?? null

  #happens(chance: number): boolean {
    return this.#random() < chance
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count)
  }
}
