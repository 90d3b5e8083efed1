import { baseOf } from '../../../services/consumer/pair/ack-window.ts'
import type { Half } from '../../../services/consumer/pair/effects.ts'
import type { Input } from '../../../services/consumer/pair/inputs.ts'
import { append, fetchFrom, trimTo } from './log-model.ts'
import { give, type Member, type Surroundings } from './member.ts'
import { sendBatch, tellLogStart } from './surroundings.ts'
import { join, ownerOf, send, takeOver, trace, type World } from './world.ts'

const mostTakeovers = 6

/** One step: something bad happens, or something on its way arrives, or a member does one thing. */
export function chaos(world: World, surroundings: Surroundings): void {
  world.steps += 1
  world.nowMs += world.random.below(30)
  if (!world.isHealed && misfortune(world, surroundings)) return
  move(world, surroundings)
}

/** Puts some events into the stream: of a few keys, some poisonous, some refused, some not events at all. */
export function publish(world: World, count: number): void {
  const { random, stream } = world
  for (let left = count; left > 0; left -= 1) {
    const key = random.happens(0.07) ? null : Buffer.from(`k${random.below(3)}`)
    const value = random.happens(0.03) ? null : Buffer.from(`${stream.high}`)
    const nature = random.happens(0.3) ? 'poison' : random.happens(0.1) ? 'refused' : 'good'
    const headers = { nature, filtered: random.happens(0.04) ? 'yes' : 'no' }
    append(stream, { key, value, headers }, { timestampMs: world.nowMs, gap: random.happens(0.05) ? 1 : 0 })
  }
}

function misfortune(world: World, surroundings: Surroundings): boolean {
  const { random, conditions } = world
  const owner = ownerOf(world)
  if (owner === undefined) {
    takeOver(world, surroundings)
    return true
  }
  const kinds: [number, () => void][] = [
    [conditions.dying, () => die(world, owner)],
    [conditions.evicting, () => world.history.verdict.takeovers < mostTakeovers && takeOver(world, surroundings)],
    [0.012, () => endZombie(world, surroundings)],
    [0.015, () => standStill(world)],
    [world.receiver.isDown ? 0.03 : 0.004, () => turnReceiver(world)],
    [0.02, () => publish(world, 1)],
    [0.002, () => give(owner, { kind: 'drain' }, surroundings)],
    [conditions.trimming, () => trimTo(world.retry, world.group.retry ?? 0)],
    [conditions.rejoining, () => rejoin(world, surroundings)],
    [conditions.moving, () => moveBack(world, owner, surroundings)],
    [conditions.switching, () => switchPolicy(world, surroundings)],
  ]
  for (const [chance, happen] of kinds) {
    if (!random.happens(chance)) continue
    happen()
    return true
  }
  return false
}

function die(world: World, member: Member): void {
  trace(world, () => `${member.name} dies`)
  member.isAlive = false
}

function endZombie(world: World, surroundings: Surroundings): void {
  const zombie = world.members.find(({ isAlive, generation }) => isAlive && generation !== world.group.generation)
  if (zombie === undefined) return
  give(zombie, { kind: 'lost' }, surroundings)
  die(world, zombie)
}

function standStill({ members, random, steps }: World): void {
  const member = members[random.below(members.length)]
  if (member === undefined) return
  if (random.happens(0.5)) member.frozenUntil = steps + random.below(80)
  else member.slowUntil = steps + random.below(80)
}

function turnReceiver(world: World): void {
  world.receiver.isDown = !world.receiver.isDown
  trace(world, () => `the receiver is ${world.receiver.isDown ? 'down' : 'back'}`)
}

/** The owner joins again, or a member that lost the pair gets it back while the owner lives on. */
function rejoin(world: World, surroundings: Surroundings): void {
  const living = world.members.filter(({ isAlive, pair }) => isAlive && pair.phase !== 'gone')
  const member = living[world.random.below(living.length)]
  if (member === undefined) return
  if (world.random.happens(0.5)) {
    if (world.random.happens(0.7)) give(member, { kind: 'revoked' }, surroundings)
    join(world, member, surroundings)
    return
  }
  give(member, { kind: 'yield' }, surroundings)
  send(world, member, () => {
    give(member, { kind: 'revoked' }, surroundings)
    join(world, member, surroundings)
  })
}

/** An operator's new position stands in place of the committed one, and the owner loads again. */
function moveBack(world: World, owner: Member, surroundings: Surroundings): void {
  const base = baseOf(owner.pair.table.window)
  world.group.stream = { offset: Math.max(0, base - world.random.below(4)), metadata: '' }
  join(world, owner, surroundings)
}

/** An operator changes the policy, or one more member hears of it. */
function switchPolicy(world: World, surroundings: Surroundings): void {
  const { random, conditions, members } = world
  if (random.happens(0.3)) world.policy = random.oneOf(conditions.alternatives)
  const living = members.filter(({ isAlive }) => isAlive)
  const member = living[random.below(living.length)]
  if (member !== undefined) give(member, { kind: 'policy', policy: world.policy }, surroundings)
}

function move(world: World, surroundings: Surroundings): void {
  const { network, members, random, steps, isHealed } = world
  const choice = random.below(network.length)
  const message = random.happens(0.6) ? network[choice] : undefined
  if (message === undefined) {
    const able = members.filter(({ isAlive, frozenUntil }) => isAlive && (isHealed || steps >= frozenUntil))
    const member = able[random.below(able.length)]
    if (member !== undefined) act(world, member, surroundings)
    return
  }
  const { to, notBefore, arrive } = message
  const waits = !isHealed && (steps < notBefore || (to !== null && steps < to.frozenUntil))
  if (waits) return
  network[choice] = network.at(-1) ?? message
  network.pop()
  if (to === null || to.isAlive) arrive()
}

/** One thing that a member can do now; sometimes one that is of no use now, to see that it does no harm. */
function act(world: World, member: Member, surroundings: Surroundings): void {
  const { random } = world
  const { pair } = member
  if (pair.phase === 'draining') leaveWhenQuiet(member, surroundings)
  if (pair.phase === 'gone') member.isAlive = false
  const all = actionsOf(world, member, surroundings)
  const useful = random.happens(0.1) ? all : all.filter(({ isUseful }) => isUseful)
  useful[random.below(useful.length)]?.happen()
}

type Action = { isUseful: boolean; happen: () => void }

function actionsOf(world: World, member: Member, surroundings: Surroundings): Action[] {
  const { random, receiver, group } = world
  const { pair, lane, inFlight } = member
  const { ready, dirty } = pair.table
  const tell = (input: Input) => give(member, input, surroundings)
  const hasReady = ready.stream.count + ready.retry.count > 0
  const isOwner = member.generation === group.generation
  return [
    { isUseful: canFetch(world, member, 'stream'), happen: () => hand(world, { member, of: 'stream', surroundings }) },
    { isUseful: canFetch(world, member, 'retry'), happen: () => hand(world, { member, of: 'retry', surroundings }) },
    { isUseful: lane.length > 0 && inFlight === null, happen: () => sendBatch(world, member, surroundings) },
    {
      isUseful: hasReady && pair.phase === 'running',
      happen: () => tell({ kind: 'offer', slots: 1 + random.below(3), ofRetry: random.below(4) }),
    },
    { isUseful: pair.table.due.length > 0, happen: () => tell({ kind: 'tick' }) },
    { isUseful: receiver.isDown || pair.held, happen: () => keepHold(world, member, surroundings) },
    { isUseful: dirty, happen: () => tell({ kind: 'commit-due', forced: random.happens(0.2) }) },
    { isUseful: pair.phase === 'fenced' && isOwner, happen: () => isOwner && tell({ kind: 'heartbeat' }) },
    {
      isUseful: random.happens(0.05),
      happen: () => tellLogStart(world, { member, of: random.oneOf(['stream', 'retry']), surroundings }),
    },
  ]
}

function canFetch({ stream, retry }: World, { position, paused }: Member, of: Half): boolean {
  return !paused[of] && position[of] < (of === 'stream' ? stream.high : retry.high)
}

/** Hands over what a fetch brings; or what one brought a while ago, whatever was sought since. */
function hand(
  world: World,
  { member, of, surroundings }: { member: Member; of: Half; surroundings: Surroundings },
): void {
  const { random } = world
  const log = of === 'stream' ? world.stream : world.retry
  const old = random.happens(0.3) ? member.stale.pop() : undefined
  if (old !== undefined) {
    give(member, { kind: 'records', of: old.of, ...old.fetched }, surroundings)
    return
  }
  if (member.paused[of] && !random.happens(0.1)) return
  const fetched = fetchFrom(log, member.position[of], 1 + random.below(3))
  if (!world.isHealed && random.happens(0.05)) {
    member.stale.push({ of, fetched })
    return
  }
  const last = fetched.records.at(-1)
  if (last === undefined && fetched.fetchedFrom === member.position[of]) return
  member.position[of] = last === undefined ? fetched.fetchedFrom : last.offset + 1
  give(member, { kind: 'records', of, ...fetched }, surroundings)
}

/** What the subscription's runner does about holds: on while the receiver is down, probes, off after a success. */
function keepHold({ receiver, random, isHealed }: World, member: Member, surroundings: Surroundings): void {
  const { pair } = member
  if (receiver.isDown && !isHealed && !pair.held) give(member, { kind: 'hold' }, surroundings)
  else if (pair.held && (isHealed || !receiver.isDown)) give(member, { kind: 'release' }, surroundings)
  else if (pair.held && random.happens(0.5)) give(member, { kind: 'probe' }, surroundings)
}

function leaveWhenQuiet(member: Member, surroundings: Surroundings): void {
  const { attempting, appending } = member.pair.table.count
  if (attempting + appending > 0) return
  give(member, { kind: 'commit-due', forced: true }, surroundings)
  give(member, { kind: 'lost' }, surroundings)
  member.isAlive = false
}
