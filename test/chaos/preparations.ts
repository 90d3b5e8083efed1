import type { Part, Preparation } from './preparation.ts'
import { movableClock } from './preparations/movable-clock.ts'
import { packetFilter } from './preparations/packet-filter.ts'
import { proxiedBrokers } from './preparations/proxied-brokers.ts'
import { proxiedRedis } from './preparations/proxied-redis.ts'
import { sentinels } from './preparations/sentinels.ts'
import { smallDisks } from './preparations/small-disks.ts'
import { spareProxies } from './preparations/spare-proxies.ts'
import { tool } from './preparations/tool.ts'

/** Every preparation by name: one entry for each. */
export const preparations = {
  proxies: proxiedBrokers,
  clock: movableClock,
  disks: smallDisks,
  packets: packetFilter,
  redisProxy: proxiedRedis,
  sentinels,
  spareProxies,
  prlimit: tool('prlimit', ['--version']),
  strace: tool('strace', ['-f', '--inject=fsync:delay_enter=1', 'true']),
} as const satisfies Record<string, Preparation<unknown>>

export type PreparationName = keyof typeof preparations

type HandleOf<P> = P extends Preparation<infer Handle> ? Handle : never

/** What the preparations of a stack hand to its faults. */
export type Prepared = { readonly [Name in PreparationName]?: HandleOf<(typeof preparations)[Name]> }

export type PreparedPart = Part<unknown>
