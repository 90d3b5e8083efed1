import { connect, type Socket } from 'node:net'
import { fractionOf } from '../load/modes.ts'
import { correlationOf, createFrames, readRequestHead } from './frames.ts'
import { type Bandwidth, createLane, type Lane } from './lane.ts'
import type { Route, Rule } from './rules.ts'

/** What the connections of a route share. */
export type RouteState = {
  route: Route
  rules: readonly { clients: RegExp; rule: Rule }[]
  connections: Set<Connection>
  clients: Set<string>
  produced: number
  lost: number
  up: Bandwidth
  down: Bandwidth
}

/** A client joined with the upstream. */
export type Connection = {
  /** Looks again at the rules of its route. */
  wake(): void
  /** Ends both sides at once, as a crash would. */
  reset(): void
}

const host = '127.0.0.1'
const produceKey = 0

/** Joins a client with the upstream until one of them ends. */
export function join(client: Socket, state: RouteState): void {
  const upstream = connect({ port: state.route.upstreamPort, host, allowHalfOpen: true, noDelay: true })
  const stream = createReader(state)
  const rule = () => state.rules.find(({ clients }) => clients.test(stream.clientId()))?.rule
  const up = createLane({ from: client, to: upstream, way: () => rule()?.up ?? {}, bandwidth: state.up })
  const down = createLane({ from: upstream, to: client, way: () => rule()?.down ?? {}, bandwidth: state.down })
  const connection: Connection = {
    wake() {
      up.wake()
      down.wake()
    },
    reset() {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    },
  }
  client.on('data', (bytes) => {
    for (const piece of stream.requests(bytes, rule)) up.carry(piece)
  })
  upstream.on('data', (bytes) => {
    for (const piece of stream.responses(bytes)) {
      if (piece === lostReply) down.finish(true)
      else down.carry(piece)
    }
  })
  state.connections.add(connection)
  const gone = () => {
    if (client.closed && upstream.closed) state.connections.delete(connection)
  }
  endTogether(client, up, gone)
  endTogether(upstream, down, gone)
}

/** Stands where an answer was: everything ends there. */
const lostReply = 'lost'

type Reader = {
  /** Of the last request; empty before the first one, and of what is not Kafka's. */
  clientId(): string
  requests(bytes: Buffer, rule: () => Rule | undefined): Buffer[]
  responses(bytes: Buffer): (Buffer | typeof lostReply)[]
}

/** Reads what a connection says, as far as its rules depend on it. */
function createReader(state: RouteState): Reader {
  if (state.route.protocol === 'bytes') {
    return { clientId: () => '', requests: (bytes) => [bytes], responses: (bytes) => [bytes] }
  }
  const asked = createFrames()
  const answered = createFrames()
  const lost = new Set<number>()
  let clientId = ''
  const look = (frame: Buffer, rule: () => Rule | undefined): void => {
    const head = readRequestHead(frame)
    if (head === undefined) return
    clientId = head.clientId
    state.clients.add(clientId)
    if (head.apiKey !== produceKey) return
    state.produced += 1
    if (isUnlucky(state, rule())) lost.add(head.correlationId)
  }
  const keep = (frame: Buffer): Buffer | typeof lostReply => {
    if (!lost.delete(correlationOf(frame))) return frame
    state.lost += 1
    return lostReply
  }
  return {
    clientId: () => clientId,
    requests(bytes, rule) {
      const frames = asked.push(bytes)
      for (const frame of frames) look(frame, rule)
      return frames
    },
    responses: (bytes) => answered.push(bytes).map(keep),
  }
}

function isUnlucky({ route, produced }: RouteState, { lostReplies }: Rule = {}): boolean {
  if (lostReplies === undefined) return false
  return fractionOf(`${lostReplies.seed}/${route.name}/${produced}`) < lostReplies.chance
}

/** What ends on one side ends on the other, behind everything that came before. */
function endTogether(from: Socket, lane: Lane, gone: () => void): void {
  from.once('end', () => lane.finish(false))
  from.once('close', () => {
    if (!from.readableEnded) lane.finish(true)
    gone()
  })
  from.on('error', () => {}) // its close says all
}
