import { decodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { Effect, Half } from '../../../services/consumer/pair/effects.ts'
import { readRetryRecord } from '../../../services/consumer/pair/retry-record.ts'
import { append, trimTo } from './log-model.ts'
import { type Append, give, type Member, type Surroundings } from './member.ts'
import type { Nature } from './receiver.ts'
import { send, trace, type World } from './world.ts'

export type StreamCommit = { readonly offset: number; readonly metadata: string }

type Commit = Extract<Effect, { kind: 'commit' }>

/** What members of `world` ask of Kafka and of the receiver; every answer is a message that arrives some time. */
export function surround(world: World): Surroundings {
  const surroundings: Surroundings = {
    get nowMs() {
      return world.nowMs
    },
    isAudited: world.isAudited,
    trace: (line) => trace(world, line),
    load: (member, token) => send(world, null, () => fetchCommitted(world, member, token, surroundings)),
    attempt: (member, { token, delivery }) => {
      const { offset, timestampMs, record } = delivery
      send(world, null, () => {
        const { accepted, outcome } = world.receiver.receive(natureOf(record), world.nowMs, world.isHealed)
        trace(world, () => `receiver: ${offset} of ${member.name} ${outcome.kind}${accepted ? ' (taken)' : ''}`)
        if (accepted) world.history.delivered(record)
        if (outcome.kind === 'failed' || (outcome.kind === 'target-waits' && outcome.own)) world.history.failed(offset)
        send(world, member, () => give(member, { kind: 'answered', token, offset, timestampMs, outcome }, surroundings))
      })
    },
    bury: (member, { token, ref, delivery }) =>
      send(world, null, () => {
        if (!member.isAlive && world.random.happens(0.5)) return
        trace(world, () => `dead letter of ${delivery.offset} by ${member.name}`)
        world.history.buried(delivery.offset)
        send(world, member, () => give(member, { kind: 'appended', token, ref, offset: 0 }, surroundings))
      }),
    commit: (member, effect) => sendCommit(world, { member, effect, surroundings }),
    trim: (offset) => send(world, null, () => trimTo(world.retry, offset)),
    note: (member, { token, offset }) => {
      const offsets = world.noted.get(token) ?? new Set()
      world.noted.set(token, offsets)
      if (world.random.happens(world.conditions.noting)) offsets.add(offset)
      else if (world.conditions.noting > 0) send(world, null, () => member.isAlive && offsets.add(offset))
    },
    checkLogStart: (member, of) => send(world, null, () => tellLogStart(world, { member, of, surroundings })),
  }
  return surroundings
}

/** Sends the next batch of a member's appends; it lands some time, once or twice, also after the member's death. */
export function sendBatch(world: World, member: Member, surroundings: Surroundings): void {
  if (member.inFlight !== null || member.lane.length === 0) return
  const batch = member.lane.splice(0, 1 + world.random.below(3))
  member.inFlight = batch
  const land = () => {
    if (!member.isAlive && world.random.happens(0.3)) return
    let offsets = landAll(world, member, batch)
    // the acknowledgement got lost and the lane's producer was replaced: the identical batch again
    if (!world.isHealed && world.random.happens(0.06)) offsets = landAll(world, member, batch)
    send(world, member, () => {
      member.inFlight = null
      batch.forEach(({ token, ref }, at) => {
        give(member, { kind: 'appended', token, ref, offset: offsets[at] ?? 0 }, surroundings)
      })
    })
  }
  send(world, null, land, member.slowUntil)
}

export function tellLogStart(
  world: World,
  { member, of, surroundings }: { member: Member; of: Half; surroundings: Surroundings },
): void {
  const { low } = of === 'stream' ? world.stream : world.retry
  send(world, member, () => give(member, { kind: 'log-start', of, offset: low }, surroundings))
}

const natureOf = ({ headers }: { headers: Readonly<Record<string, string>> }): Nature =>
  headers.nature === 'poison' || headers.nature === 'refused' ? headers.nature : 'good'

function landAll(world: World, member: Member, batch: readonly Append[]): number[] {
  return batch.map(({ ref, record }) => {
    const offset = append(world.retry, record, { timestampMs: world.nowMs })
    trace(world, () => `retry[${offset}] = ${ref.kind} ${ref.kind === 'fence' ? '' : ref.offset} by ${member.name}`)
    const read = readRetryRecord({ ...record, topic: 'r', partition: 0, offset, timestampMs: 0 })
    if (read.kind === 'park') world.history.parked(read.source.offset)
    return offset
  })
}

function fetchCommitted(world: World, member: Member, token: string, surroundings: Surroundings): void {
  const { stream, retry, hasStarted: started } = world.group
  const committed =
    stream === null ? null : { offset: stream.offset, ...decodeMetadata(stream.metadata, stream.offset) }
  send(world, null, () => {
    const log = { low: world.stream.low, high: world.stream.high }
    const retryLog = { low: world.retry.low, high: world.retry.high }
    const delivered = new Map([...(world.noted.get(committed?.token ?? '') ?? [])].map((offset) => [offset, 0]))
    const state = { committed, startOffset: 0, started, delivered, log, retry: { committed: retry, log: retryLog } }
    send(world, member, () => give(member, { kind: 'assigned', token, wallMs: world.nowMs, ...state }, surroundings))
  })
}

type Sent = { member: Member; effect: Commit; surroundings: Surroundings }

/** Both offsets in one request or in two; a superseded member's is refused, mostly. */
function sendCommit(world: World, { member, effect, surroundings }: Sent): void {
  const { generation } = member
  const { token, offset, retryOffset } = effect
  const parts = world.conditions.splitCommits ? [storeStream, storeRetry] : [storeBoth]
  let open = parts.length
  let isRefused = false
  for (const store of parts) {
    send(world, null, () => {
      const isCurrent = generation === world.group.generation
      if (isCurrent || world.random.happens(world.conditions.unfenced)) store(world, effect)
      else isRefused = true
      open -= 1
      if (open > 0) return
      const answer = isRefused ? ({ kind: 'commit-failed', token } as const) : null
      send(world, member, () => give(member, answer ?? { kind: 'committed', token, offset, retryOffset }, surroundings))
    })
  }
}

function storeBoth(world: World, effect: Commit): void {
  storeStream(world, effect)
  storeRetry(world, effect)
}

function storeStream(world: World, { offset, metadata }: Commit): void {
  world.history.committedStream(offset, decodeMetadata(metadata, offset))
  world.group.hasStarted = true
  world.group.stream = { offset, metadata: forgetful(world, metadata) }
  trace(world, () => `committed: stream ${offset} ${metadata}`)
}

function storeRetry(world: World, { retryOffset }: Commit): void {
  world.history.committedRetry(retryOffset)
  world.group.retry = retryOffset
  trace(world, () => `committed: retry ${retryOffset}`)
}

function forgetful({ random, conditions }: World, metadata: string): string {
  if (!random.happens(conditions.forgetful)) return metadata
  const withoutRuns = metadata.slice(0, metadata.lastIndexOf(';') + 1)
  return random.oneOf([withoutRuns, withoutRuns, '', '9;of;the-future'])
}
