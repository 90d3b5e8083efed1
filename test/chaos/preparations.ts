import type { Part, Preparation } from './preparation.ts'
import { proxiedBrokers } from './preparations/proxied-brokers.ts'
import { proxiedRedis } from './preparations/proxied-redis.ts'
import { spareProxies } from './preparations/spare-proxies.ts'
import { tool } from './preparations/tool.ts'

/** Every preparation by name: one entry for each. */
export const preparations = {
  proxies: proxiedBrokers,
  redisProxy: proxiedRedis,
  spareProxies,
  prlimit: tool('prlimit', ['--version']),
} as const satisfies Record<string, Preparation<unknown>>

export type PreparationName = keyof typeof preparations

type HandleOf<P> = P extends Preparation<infer Handle> ? Handle : never

/** What the preparations of a stack hand to its faults. */
export type Prepared = { readonly [Name in PreparationName]?: HandleOf<(typeof preparations)[Name]> }

export type PreparedPart = Part<unknown>
