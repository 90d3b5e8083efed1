import { baseOf } from '../../../services/consumer/pair/ack-window.ts'
import { lowestOpen } from '../../../services/consumer/pair/commit.ts'
import type { DroppedRules } from '../../../services/consumer/pair/rules.ts'
import { isWorking } from '../../../services/consumer/pair/states.ts'
import { chaos, publish } from './chaos.ts'
import type { Conditions } from './conditions.ts'
import type { Verdict } from './history.ts'
import { type Random, seeded } from './random.ts'
import { surround } from './surroundings.ts'
import { createWorld, ownerOf, takeOver, type World } from './world.ts'

const chaoticSteps = 500
const mostHealingSteps = 20_000

export type RunOptions = {
  seed: number
  conditions: Conditions | ((random: Random) => Conditions)
  dropped?: DroppedRules
  isTraced?: boolean
  /** Judges order as if no key ever went on without a failed event. */
  isStrict?: boolean
}

export type Run = { verdict: Verdict; lines: readonly string[] }

/** Chaos for a while; then everything heals, and one owner ends what is left. The same seed makes the same run. */
export function run({ seed, conditions, dropped = {}, isTraced = false, isStrict = false }: RunOptions): Run {
  const random = seeded(seed)
  const chosen = typeof conditions === 'function' ? conditions(random) : conditions
  const world = createWorld({ random, conditions: chosen, dropped, isTraced, isStrict })
  try {
    play(world)
  } catch (error) {
    world.history.verdict.threw = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  return { verdict: world.history.verdict, lines: world.lines ?? [] }
}

export function isClean({ lost, order, commits, bytes, stalled, threw }: Verdict): boolean {
  return lost.length + order.length + commits.length + bytes.length === 0 && stalled === null && threw === null
}

function play(world: World): void {
  const surroundings = surround(world)
  publish(world, 2 + world.random.below(7))
  takeOver(world, surroundings)
  for (let i = 0; i < chaoticSteps; i += 1) chaos(world, surroundings)
  heal(world)
  for (let i = 0; i < mostHealingSteps; i += 1) {
    if (ownerOf(world) === undefined) takeOver(world, surroundings)
    chaos(world, surroundings)
    if (i % 8 === 0 && isDone(world)) {
      world.history.close()
      return
    }
  }
  world.history.verdict.stalled = describeStall(world)
}

/** The receiver is well, everybody who is not the owner knows it, and nothing is late any more. */
function heal(world: World): void {
  world.isHealed = true
  world.receiver.isDown = false
  for (const member of world.members) if (member.generation !== world.group.generation) member.isAlive = false
}

function isDone(world: World): boolean {
  const owner = ownerOf(world)
  if (owner === undefined || !isWorking(owner.pair)) return false
  const { table } = owner.pair
  const isRead = table.window.next >= world.stream.high && table.retry.top >= world.retry.high
  if (!isRead || table.deliveries.size > 0 || owner.lane.length > 0 || owner.inFlight !== null) return false
  return baseOf(table.window) === world.stream.high && lowestOpen(owner.pair) === world.retry.high
}

function describeStall(world: World): string {
  const owner = ownerOf(world)
  if (owner === undefined) return 'nobody owns the pair'
  const { table, phase } = owner.pair
  const waiting = [...table.deliveries.values()].map(({ offset, state, open }) => `${offset} ${state} [${open}]`)
  const { position, top } = table.retry
  return `${owner.name} ${phase}, base ${baseOf(table.window)} next ${table.window.next} of ${world.stream.high}, retry ${position}/${top} of ${world.retry.high}: ${waiting.join(', ')}`
}
