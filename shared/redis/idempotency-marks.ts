import type { Result } from 'ioredis'
import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    idempotencyOpen(keys: number, ...rest: string[]): Result<string[], Context>
    idempotencySettle(keys: number, ...rest: string[]): Result<number, Context>
    idempotencyRelease(keys: number, ...rest: string[]): Result<number, Context>
    idempotencyRenew(keys: number, ...rest: string[]): Result<number, Context>
  }
}

/** One event as Redis knows it. Marks of one `tag` share a slot of a Redis Cluster. */
export type Mark = { readonly tag: string; readonly name: string /** 16 characters. */; readonly digest: string }

/** A mark and the token it was opened with. */
export type HeldMark = Mark & { readonly token: string }

/**
 * What an open finds. `opened`: nobody had it, append. `taken-over`: somebody had it, but its lease ended without an answer,
 * append. `running`: an append is under way. `mismatch`: it belongs to another body. `done`: it is stored.
 */
export type Seen =
  | { kind: 'opened' | 'running' | 'mismatch' }
  | { kind: 'taken-over' /** Of whoever had it. */; token: string }
  | { kind: 'done'; answer: string }

/** The marks of events in Redis. Everything resolves with null when Redis is off, down, full, or refuses. */
export type IdempotencyMarks = {
  /** One answer per mark, in order; all in one round trip. A token opens the same marks any number of times. */
  open(held: readonly HeldMark[]): Promise<readonly Seen[] | null>
  /** Writes answers down for one window. Resolves with how many events already had another answer: they are stored twice. */
  settle(settled: readonly (HeldMark & { readonly answer: string })[]): Promise<number | null>
  /** Gives marks up whose event is certainly not stored. */
  release(held: readonly HeldMark[]): Promise<number | null>
  /** Lets leases begin anew. */
  renew(held: readonly HeldMark[]): Promise<number | null>
  /** Whether Redis answers at all. */
  ping(): Promise<boolean>
}

export type MarkOptions = {
  redis: Pick<RedisConnection, 'tryRun'>
  prefix: string
  /** How long an answer is kept, ms. */
  windowMs: number
  /** How long a pending mark is believed that nobody renews, ms. */
  leaseMs: number
}

/** 500 marks are about 2 ms of Redis's one thread, which everybody shares. */
const marksPerCall = 500

export function openMarks({ redis, prefix, windowMs, leaseMs }: MarkOptions): IdempotencyMarks {
  const start = keyName(prefix, 'idem:')
  const keysOf = (marks: readonly Mark[]) => marks.map(({ tag, name }) => `${start}{${tag}}${name}`)
  /** A request has one tag; what is renewed together may have several. */
  const inCalls = async <M extends Mark, T>(marks: readonly M[], call: (part: readonly M[]) => Promise<T | null>) => {
    const answers: T[] = []
    // One after the other: making and reading 20 calls at a time would hold up the event loop.
    for (const part of [...Map.groupBy(marks, ({ tag }) => tag).values()].flatMap(inParts)) {
      const answer = await call(part)
      if (answer === null) return null
      answers.push(answer)
    }
    return answers
  }
  const total = async (counts: Promise<number[] | null>) =>
    (await counts)?.reduce((sum, count) => sum + count, 0) ?? null
  const [window, lease] = [String(windowMs), String(leaseMs)]
  return {
    async open(held) {
      const answers = await inCalls(held, (part) => {
        const rest = part.flatMap(({ token, digest }) => [token, digest])
        return redis.tryRun((client) => client.idempotencyOpen(part.length, ...keysOf(part), lease, window, ...rest))
      })
      return answers?.flat().map(seenOf) ?? null
    },
    settle: (settled) =>
      total(
        inCalls(settled, (part) => {
          const rest = part.flatMap(({ token, digest, answer }) => [token, digest, answer])
          return redis.tryRun((client) => client.idempotencySettle(part.length, ...keysOf(part), window, ...rest))
        }),
      ),
    release: (held) =>
      total(
        inCalls(held, (part) => {
          const tokens = part.map(({ token }) => token)
          return redis.tryRun((client) => client.idempotencyRelease(part.length, ...keysOf(part), ...tokens))
        }),
      ),
    renew: (held) =>
      total(
        inCalls(held, (part) => {
          const rest = part.flatMap(({ token, digest }) => [token, digest])
          return redis.tryRun((client) => client.idempotencyRenew(part.length, ...keysOf(part), lease, window, ...rest))
        }),
      ),
    ping: async () => (await redis.tryRun((client) => client.ping())) !== null,
  }
}

function inParts<M>(marks: readonly M[]): (readonly M[])[] {
  const count = Math.ceil(marks.length / marksPerCall)
  return Array.from({ length: count }, (_, part) => marks.slice(part * marksPerCall, (part + 1) * marksPerCall))
}

function seenOf(text: string): Seen {
  const space = text.indexOf(' ')
  const [kind, rest] = space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
  if (kind === 'done') return { kind, answer: rest }
  if (kind === 'taken-over') return { kind, token: rest }
  return { kind: kind as 'opened' | 'running' | 'mismatch' }
}
