import type { Metrics } from '../observability/metrics.ts'
import { noAccess, type TargetAccess } from './access.ts'
import type { AttemptRequest, AttemptResult } from './attempt.ts'
import { conceal } from './conceal.ts'
import { askedOutcome } from './decide.ts'
import { Exchange } from './exchange.ts'
import { createOriginPools, type PoolOptions, type Route } from './origin-pools.ts'
import { requestBody, requestHeaders, userAgent } from './request-headers.ts'

export type TargetClientOptions = Omit<PoolOptions, 'tls'> & {
  /** What every request carries and proves; nothing when absent. */
  access?: TargetAccess
  /** The whole attempt, from the call to the last byte of the answer, ms. */
  timeoutMs: number
  metrics: TargetMetrics
}

/**
 * What may end an attempt from outside. `mayStart` is asked right before its request is written, which is at least a turn
 * of the event loop after the call and, with a new connection, as long as that takes; false ends it, nothing was sent.
 */
export type AttemptLimits = { signal?: AbortSignal; mayStart?: () => boolean }

/** Makes the attempts of one subscription. */
export type TargetClient = {
  /** One attempt. Every ending of the network is a value, never a rejection; an abort ends it with code `aborted`. */
  attempt(request: AttemptRequest, limits?: AttemptLimits): Promise<AttemptResult>
  /** One GET without a body or a signature, with the same access, guard and limits. Never rejects either. */
  get(url: string, signal?: AbortSignal): Promise<AttemptResult>
  /** Ends what is in flight with code `aborted` and closes all connections. */
  close(): Promise<void>
}

export type TargetMetrics = ReturnType<typeof createTargetMetrics>

/** The counters that all target clients of a process share. */
export function createTargetMetrics(metrics: Metrics) {
  return {
    attempts: metrics.counter(
      'attempts_total',
      'Attempts by status class or stage of the failure; of those to topics: stored, or kafka for a failure.',
      ['result'],
    ),
    unknownOutcomes: metrics.counter(
      'unknown_outcomes_total',
      'Answers whose Tailrace-Outcome header has a value nobody knows.',
    ),
    healthChecks: metrics.counter('health_checks_total', 'Health checks of targets, by result.', ['result']),
  }
}

/**
 * A client that signs each attempt, dials only what the guard lets pass, follows no redirect, reads at most 16 KiB of head
 * and 64 KiB of body, and ends every attempt within `timeoutMs`.
 */
export function createTargetClient(options: TargetClientOptions): TargetClient {
  const { timeoutMs, metrics, access = noAccess } = options
  const pools = createOriginPools({ ...options, tls: access.tls })
  const exchangeWith = async (url: string, send: Send, { signal, mayStart = always }: AttemptLimits) => {
    const route = pools.route(url)
    const exchange = new Exchange(timeoutMs, { takeDial: route.takeDial, mayStart })
    const abort = () => exchange.abort()
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) exchange.abort()
    else send(route, exchange)
    const result = conceal(await exchange.result, access.secrets)
    signal?.removeEventListener('abort', abort)
    return result
  }
  return {
    async attempt(request, limits = {}) {
      const sendIt: Send = (route, exchange) => {
        // Its secrets go with a subscription: nothing leaves unsigned meanwhile.
        if (request.signing.secrets.length === 0) exchange.abort()
        else send(request, access, { route, exchange })
      }
      const result = await exchangeWith(request.url, sendIt, limits)
      count(result, metrics)
      return result
    },
    get: (url, signal) => exchangeWith(url, (route, exchange) => get(access, { route, exchange }), optional(signal)),
    close: () => pools.close(),
  }
}

const always = () => true

const optional = (signal: AbortSignal | undefined): AttemptLimits => (signal === undefined ? {} : { signal })

type Send = (route: Route, exchange: Exchange) => void

function get({ headers }: TargetAccess, { route: { origin, path, pool }, exchange }: Sending): void {
  pool.dispatch({ origin, path, method: 'GET', headers: ['user-agent', userAgent, ...headers] }, exchange)
}

type Sending = { route: Route; exchange: Exchange }

function send(
  request: AttemptRequest,
  access: TargetAccess,
  { route: { origin, path, pool }, exchange }: Sending,
): void {
  const headers = requestHeaders(request, Date.now())
  headers.push(...access.headers)
  pool.dispatch({ origin, path, method: 'POST', headers, body: requestBody(request) }, exchange)
}

function count(result: AttemptResult, metrics: TargetMetrics): void {
  if (result.kind === 'failure') {
    metrics.attempts.inc({ result: result.stage })
    return
  }
  metrics.attempts.inc({ result: `${Math.floor(result.status / 100)}xx` })
  if (askedOutcome(result) === 'unknown') metrics.unknownOutcomes.inc()
}
