import { Pool } from 'undici'
import type { TargetAccess } from './access.ts'
import { createDialer, type DialTimings, type Resolve } from './dial.ts'
import type { EgressGuard } from './egress.ts'

export type PoolOptions = {
  egress: EgressGuard
  /** DNS, TCP and TLS together, ms. */
  connectTimeoutMs: number
  /** Most connections per origin. */
  connections: number
  /** What is presented and trusted in TLS, beside what the system does. */
  tls?: TargetAccess['tls']
  /** The addresses of a name; `dns.lookup` when absent. */
  resolve?: Resolve
}

/** Where requests to one URL go. */
export type Route = {
  origin: string
  path: string
  pool: Pool
  /** The timings of the connection that is being handed to a request right now; once. */
  takeDial(): DialTimings | null
}

export type OriginPools = {
  /** The route of a URL; throws a TypeError for what is no URL. */
  route(url: string): Route
  close(): Promise<void>
}

type OriginPool = Omit<Route, 'path'> & { usedAtMs: number }

const responseHeadLimitBytes = 16 * 1024
const idleMs = 60_000
const sweepMs = 30_000

/**
 * A pool of kept-alive HTTP/1.1 connections per origin. An origin opens with its first request and closes when none was
 * sent there for a minute; the next one opens it anew.
 */
export function createOriginPools(options: PoolOptions): OriginPools {
  const pools = new Map<string, OriginPool>()
  const urls = new Map<string, { origin: string; path: string }>()
  const sweep = () => {
    for (const [origin, pool] of pools) {
      if (performance.now() - pool.usedAtMs < idleMs || isBusy(pool.pool)) continue
      pools.delete(origin)
      urls.clear()
      void pool.pool.close()
    }
  }
  const timer = setInterval(sweep, sweepMs).unref()
  return {
    route(url) {
      const { origin, path } = urls.get(url) ?? remember(urls, url)
      const pool = pools.get(origin) ?? openPool(origin, options)
      pools.set(origin, pool)
      pool.usedAtMs = performance.now()
      return { origin, path, pool: pool.pool, takeDial: pool.takeDial }
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()))
    },
  }
}

/** Parsed once: a subscription has a handful of URLs and sends thousands of requests a second to them. */
function remember(urls: Map<string, { origin: string; path: string }>, text: string) {
  const url = new URL(text)
  const parts = { origin: url.origin, path: `${url.pathname}${url.search}` }
  urls.set(text, parts)
  return parts
}

const isBusy = ({ stats }: Pool) => stats.running + stats.queued + stats.pending > 0

function openPool(origin: string, { connections, ...dialling }: PoolOptions): OriginPool {
  let dialled: DialTimings | null = null
  const connect = createDialer({
    ...dialling,
    onConnected: (timings) => {
      dialled = timings
      // undici starts the waiting request before this turn ends; if there is none, nobody else may take these timings.
      queueMicrotask(() => {
        dialled = null
      })
    },
  })
  const pool = new Pool(origin, {
    connect,
    connections,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: responseHeadLimitBytes,
    // Each attempt has one deadline of its own for everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const takeDial = () => {
    const taken = dialled
    dialled = null
    return taken
  }
  return { origin, pool, takeDial, usedAtMs: 0 }
}
