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

/** One who asks about a target: a subscription, or a job of it. */
export type TargetWatch = {
  /** Asks for the right to probe; kept until `rest`, or for 6 s after this process ended. */
  lease(): Promise<ProbeLease>
  /** The probe has ended: nobody else probes for `ms` more. */
  rest(ms: number): void
  /** Hears nothing any more. */
  end(): void
}

/**
 * What the instances tell each other about targets, each named by an id. Hints only: who has evidence of its own goes by
 * that. Without Redis nobody hears anything, and every process probes for itself, one at a time.
 */
export type TargetHints = {
  /** The target is down; forgotten after `keptMs` unless it is said again. */
  down(id: string, keptMs: number): void
  up(id: string): void
  /** Hears of `id`; a subscription and a job of it may both do. */
  watch(id: string, listener: HintListener): TargetWatch
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
/** Who of this process probes, or did and rests until then (monotonic ms). Redis knows the process only. */
type Turn = { watch: HintListener; untilMs: number }

/** Longer than anybody takes to look. */
const upKeptMs = 10_000

export function openTargetHints({ redis, prefix, owner }: Options): TargetHints {
  const [downKey, upKey] = [keyName(prefix, '{targets}:down'), keyName(prefix, '{targets}:up')]
  const leaseKey = (id: string) => keyName(prefix, `probe:${id}`)
  const listeners = new Map<string, Set<HintListener>>()
  const leases = new Map<string, NodeJS.Timeout>()
  const turns = new Map<string, Turn>()
  /** By id: which word of an up was passed on last. */
  const heard = new Map<string, string>()
  const take = (id: string, ms: number) =>
    redis.tryRun((client) => client.probeLease(1, leaseKey(id), owner, String(ms)))
  const endLease = (id: string) => {
    clearInterval(leases.get(id))
    leases.delete(id)
  }
  const isTaken = (id: string, watch: HintListener) => {
    const turn = turns.get(id)
    return turn !== undefined && turn.watch !== watch && performance.now() < turn.untilMs
  }
  const lease = async (id: string, watch: HintListener): Promise<ProbeLease> => {
    if (isTaken(id, watch)) return 'taken'
    turns.set(id, { watch, untilMs: Number.POSITIVE_INFINITY })
    const answer = await take(id, leaseMs)
    if (answer === null) return 'alone'
    if (answer === 0) {
      turns.delete(id)
      return 'taken'
    }
    endLease(id)
    leases.set(
      id,
      setInterval(() => void take(id, leaseMs), renewEveryMs),
    )
    return 'mine'
  }
  const rest = (id: string, watch: HintListener, ms: number) => {
    if (turns.get(id)?.watch !== watch) return
    if (ms > 0 && listeners.has(id)) turns.set(id, { watch, untilMs: performance.now() + ms })
    else turns.delete(id)
    endLease(id)
    void take(id, Math.max(1, ms))
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
    watch(id, listener) {
      const mine = listeners.get(id) ?? new Set()
      listeners.set(id, mine.add(listener))
      void look()
      return {
        lease: () => lease(id, listener),
        rest: (ms) => rest(id, listener, ms),
        end() {
          mine.delete(listener)
          if (mine.size > 0 || listeners.get(id) !== mine) return
          listeners.delete(id)
          heard.delete(id)
          // A probe that is under way still has to give back what it took.
          if (turns.get(id)?.untilMs !== Number.POSITIVE_INFINITY) turns.delete(id)
        },
      }
    },
    close() {
      clearInterval(timer)
      for (const id of [...leases.keys()]) endLease(id)
    },
  }
}
