import type { Result } from 'ioredis'
import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    targetDown(keys: 2, down: string, up: string, id: string, keptMs: string): Result<number, Context>
    targetUp(keys: 2, down: string, up: string, id: string, keptMs: string): Result<number, Context>
    targetHints(keys: 2, down: string, up: string): Result<[string[], string[]], Context>
    probeLease(keys: 1, key: string, owner: string, ms: string): Result<number, Context>
  }
}

/** `mine`: nobody else probes until it is given back; `taken`: somebody else probes or just did; `alone`: nobody can be asked. */
export type ProbeLease = 'mine' | 'taken' | 'alone'

export type HintListener = {
  /** Somebody says that the target is down; said again and again as long as that stands. */
  down(): void
  /** Somebody saw that it is up again, or an operator said so; said once. */
  up(): void
}

/**
 * What the instances tell each other about targets, each named by an id. Hints only: who has evidence of its own goes by
 * that. Without Redis nobody hears anything, and everybody probes for itself.
 */
export type TargetHints = {
  /** The target is down; forgotten after `keptMs` unless it is said again. */
  down(id: string, keptMs: number): void
  up(id: string): void
  /** Asks for the right to probe; kept until `rest`, or for 6 s after this process ended. */
  lease(id: string): Promise<ProbeLease>
  /** The probe has ended: nobody else probes for `ms` more. */
  rest(id: string, ms: number): void
  /** Hears of `id` until the function given back is called; a subscription and a job of it may both listen. */
  watch(id: string, listener: HintListener): () => void
  close(): void
}

type Options = {
  redis: Pick<RedisConnection, 'tryRun'>
  prefix: string
  /** Of this process. */
  owner: string
}

const lookEveryMs = 500
const leaseMs = 6_000
const renewEveryMs = 2_000
/** Longer than anybody takes to look. */
const upKeptMs = 10_000

export function openTargetHints({ redis, prefix, owner }: Options): TargetHints {
  const [downKey, upKey] = [keyName(prefix, '{targets}:down'), keyName(prefix, '{targets}:up')]
  const leaseKey = (id: string) => keyName(prefix, `probe:${id}`)
  const listeners = new Map<string, Set<HintListener>>()
  const leases = new Map<string, NodeJS.Timeout>()
  /** By id: which word of an up was passed on last. */
  const heard = new Map<string, string>()
  const take = (id: string, ms: number) =>
    redis.tryRun((client) => client.probeLease(1, leaseKey(id), owner, String(ms)))
  const endLease = (id: string) => {
    clearInterval(leases.get(id))
    leases.delete(id)
  }
  const look = async () => {
    if (listeners.size === 0) return
    const found = await redis.tryRun((client) => client.targetHints(2, downKey, upKey))
    if (found === null) return
    const [down, up] = found
    for (const id of down) for (const listener of listeners.get(id) ?? []) listener.down()
    for (let at = 0; at + 1 < up.length; at += 2) {
      const [id = '', word = ''] = [up[at], up[at + 1]]
      if (heard.get(id) === word || !listeners.has(id)) continue
      heard.set(id, word)
      for (const listener of listeners.get(id) ?? []) listener.up()
    }
  }
  const timer = setInterval(look, lookEveryMs)
  return {
    down: (id, keptMs) => void redis.tryRun((client) => client.targetDown(2, downKey, upKey, id, String(keptMs))),
    up: (id) => void redis.tryRun((client) => client.targetUp(2, downKey, upKey, id, String(upKeptMs))),
    async lease(id) {
      const answer = await take(id, leaseMs)
      if (answer === null) return 'alone'
      if (answer === 0) return 'taken'
      endLease(id)
      leases.set(
        id,
        setInterval(() => void take(id, leaseMs), renewEveryMs),
      )
      return 'mine'
    },
    rest(id, ms) {
      endLease(id)
      void take(id, Math.max(1, ms))
    },
    watch(id, listener) {
      const mine = listeners.get(id) ?? new Set()
      listeners.set(id, mine.add(listener))
      void look()
      return () => {
        mine.delete(listener)
        if (mine.size > 0 || listeners.get(id) !== mine) return
        listeners.delete(id)
        heard.delete(id)
      }
    },
    close() {
      clearInterval(timer)
      for (const id of [...leases.keys()]) endLease(id)
    },
  }
}
