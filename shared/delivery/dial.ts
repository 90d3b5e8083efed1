import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { readFirst } from '../resilience/read-first.ts'
import { noAccess, type TargetAccess } from './access.ts'
import type { EgressGuard } from './egress.ts'
import { clientCertificateEnding, type DialPhase, dialEnding, type Ending, endingError } from './failure.ts'
import { isForbiddenPort, portOf } from './ports.ts'
import { parseAddress } from './special-ranges.ts'
import { tlsOptions } from './tls-material.ts'

/** How long each part of making one connection took, ms. */
export type DialTimings = { dns: number; connect: number; tls: number }

/** All addresses of a host name, as the system finds them. */
export type Resolve = (host: string) => Promise<LookupAddress[]>

export type DialOptions = {
  egress: EgressGuard
  tls?: TargetAccess['tls']
  resolve?: Resolve
  /** DNS, TCP and TLS together, ms. */
  connectTimeoutMs: number
  /** Called right before undici starts a request on the new connection, in the same turn. */
  onConnected(timings: DialTimings): void
}

/**
 * Makes connections for undici, each only to an address that the guard has seen: names are resolved here, refused
 * addresses are dropped, and what is left is what the socket dials, so no second DNS answer can come between.
 */
export function createDialer({
  egress,
  connectTimeoutMs,
  onConnected,
  ...rest
}: DialOptions): buildConnector.connector {
  const { tls = noAccess.tls, resolve = lookupAll } = rest
  const connect = buildConnector({
    ...{ timeout: 0, allowH2: false, lookup: guardedLookup(egress, resolve) },
    // Said here, no environment variable can switch it off.
    rejectUnauthorized: true,
    ...tlsOptions(tls),
  }) as SocketConnector
  return (options, callback) => {
    const refusal = refusalBeforeDial(options, egress)
    if (refusal !== null) {
      queueMicrotask(() => callback(endingError(refused(refusal)), null))
      return
    }
    const clock = startClock(parseAddress(options.hostname) !== null)
    let isOver = false
    const socket = connect(options, (error, connected) => {
      isOver = true
      clearTimeout(timer)
      if (error !== null) return callback(endingError(dialEnding(error, clock.phase())), null)
      onConnected(clock.timings())
      callback(null, connected)
    })
    const giveUp = () => {
      if (!isOver) socket.destroy(tooLate(clock.phase(), connectTimeoutMs))
    }
    const timer = setTimeout(readFirst(giveUp), connectTimeoutMs)
    clock.follow(socket)
    keepAlert(socket)
  }
}

/**
 * With TLS 1.3 a receiver says only after the handshake that it wants a certificate, or another one, and then ends the
 * connection; undici would report that end alone.
 */
function keepAlert(socket: Socket): void {
  socket.on('error', (error) => {
    const ending = clientCertificateEnding(error)
    if (ending !== null) socket.destroy(endingError(ending))
  })
}

/** undici's types leave out that its connector hands back the socket it has begun to connect. */
type SocketConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket

const refused = (detail: string): Ending => ({ stage: 'egress', code: 'egress-refused', detail })

const tooLate = (phase: DialPhase, afterMs: number) =>
  endingError({ stage: 'timeout', code: 'connect-timeout', detail: `${phase} timed out after ${afterMs} ms` })

function refusalBeforeDial({ hostname, port, protocol }: buildConnector.Options, egress: EgressGuard): string | null {
  const dialled = portOf(protocol, port)
  if (isForbiddenPort(dialled)) return `port ${dialled} belongs to another protocol`
  return parseAddress(hostname) === null ? null : egress.refusal(hostname, hostname)
}

/** Follows a socket through its phases; a literal address has no DNS phase. */
function startClock(isLiteral: boolean) {
  const startedAt = performance.now()
  let resolvedAt: number | null = isLiteral ? startedAt : null
  let connectedAt: number | null = null
  return {
    follow(socket: Socket) {
      socket.once('lookup', () => {
        resolvedAt ??= performance.now()
      })
      socket.once('connect', () => {
        connectedAt = performance.now()
      })
    },
    phase: (): DialPhase => (resolvedAt === null ? 'dns' : connectedAt === null ? 'connect' : 'tls'),
    timings(): DialTimings {
      const now = performance.now()
      const resolved = resolvedAt ?? startedAt
      const connected = connectedAt ?? now
      return { dns: resolved - startedAt, connect: connected - resolved, tls: now - connected }
    },
  }
}

type LookupCallback = (error: NodeJS.ErrnoException | null, found: string | LookupAddress[], family?: number) => void

/**
 * `dns.lookup` without the addresses that the guard refuses. Lookups of one name under way are one: they run in a small
 * thread pool, where a slow resolver for one receiver would otherwise keep the others waiting.
 */
function guardedLookup(egress: EgressGuard, resolve: Resolve) {
  const underWay = new Map<string, Promise<LookupAddress[]>>()
  const resolveOnce = (host: string): Promise<LookupAddress[]> => {
    const known = underWay.get(host)
    if (known !== undefined) return known
    const found = resolve(host).finally(() => underWay.delete(host))
    underWay.set(host, found)
    return found
  }
  return (host: string, options: LookupOptions, callback: LookupCallback) => {
    resolveOnce(host)
      .then((addresses) => permitted(addresses, host, egress))
      .then(
        (addresses) => answerLookup(addresses, options, callback),
        (error: NodeJS.ErrnoException) => callback(error, []),
      )
  }
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
  })
}

function permitted(addresses: readonly LookupAddress[], host: string, egress: EgressGuard): LookupAddress[] {
  const allowed = addresses.filter(({ address }) => egress.refusal(address, host) === null)
  const [first] = addresses
  // node:net cannot take an empty list.
  if (first === undefined) throw endingError({ stage: 'dns', code: 'dns-not-found', detail: 'dns no address' })
  if (allowed.length > 0) return allowed
  throw endingError(refused(`${host}: ${egress.refusal(first.address, host)}`))
}

function answerLookup(addresses: LookupAddress[], options: LookupOptions, callback: LookupCallback): void {
  const [first] = addresses
  if (options.all) callback(null, addresses)
  else callback(null, first?.address ?? '', first?.family ?? 4)
}
