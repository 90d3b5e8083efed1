import type { Redis } from 'ioredis'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { keyName } from '#shared/redis/key-name.ts'

/**
 * What was delivered since the last commit, so that whoever takes over from an instance that was killed repeats only the
 * requests whose answers were on their way. Saves duplicates and nothing else: without Redis, or switched off, up to 200 ms of
 * deliveries are repeated.
 *
 * Delivered offsets stand under the token of the epoch that delivered them, which is also in the metadata of its commits.
 * Only who finds that token in the last commit takes the offsets for done, so a position that was set by hand, which carries
 * no token, delivers everything again.
 *
 * In Redis: a stream per token, `<prefix>:acks:<token>`, with fields `<partition>` → offsets separated by commas.
 */
export type AckCache = {
  /** The event at `offset` was delivered under `token`. Never waits. */
  note(token: string, partition: number, offset: number): void
  /** By partition: what was delivered under its token; empty when Redis does not answer in time. */
  read(tokens: ReadonlyMap<number, string>): Promise<Map<number, DeliveredAt>>
}

/** Offset → when it was delivered, by the clock of Redis, ms. */
export type DeliveredAt = Map<number, number>

type Options = { redis: Pick<RedisConnection, 'tryRun' | 'up'>; prefix: string }

/** Longer than any commit takes that succeeds; what was committed since is only read in vain. */
const keptMs = 15_000
/** After the last delivery under a token. */
const expireMs = 60_000

export const noAckCache: AckCache = { note: () => {}, read: () => Promise.resolve(new Map()) }

export function openAckCache({ redis, prefix }: Options): AckCache {
  const keyOf = (token: string) => keyName(prefix, `acks:${token}`)
  let noted = new Map<string, Map<number, number[]>>()
  /** As the clock of Redis said last, ms. */
  let redisMs = 0
  const flush = async () => {
    const taken = noted
    noted = new Map()
    const from = Math.max(0, redisMs - keptMs)
    const last = (await redis.tryRun((client) => append(client, taken, { keyOf, from })))?.at(-1)
    if (last !== undefined) redisMs = Math.max(redisMs, msOf(last))
  }
  return {
    note(token, partition, offset) {
      if (!redis.up()) return
      // What one turn of the event loop delivers goes together.
      if (noted.size === 0) setImmediate(flush)
      const byPartition = noted.get(token) ?? new Map<number, number[]>()
      noted.set(token, byPartition)
      const offsets = byPartition.get(partition)
      if (offsets === undefined) byPartition.set(partition, [offset])
      else offsets.push(offset)
    },
    async read(tokens) {
      const found = new Map<number, DeliveredAt>()
      const asked = [...new Set(tokens.values())].map(async (token) => {
        const entries = (await redis.tryRun((client) => client.xrange(keyOf(token), '-', '+'))) ?? []
        for (const entry of entries) take(entry, (partition) => tokens.get(partition) === token, found)
      })
      await Promise.all(asked)
      return found
    },
  }
}

type Noted = ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>

/** Resolves with the ids that Redis gave; rejects when it took nothing. */
async function append(client: Redis, noted: Noted, { keyOf, from }: { keyOf(token: string): string; from: number }) {
  const pipeline = client.pipeline()
  for (const [token, byPartition] of noted) {
    const fields = [...byPartition].flatMap(([partition, offsets]) => [String(partition), offsets.join()])
    pipeline.xadd(keyOf(token), 'MINID', '~', from, '*', ...fields).pexpire(keyOf(token), expireMs)
  }
  const answers = (await pipeline.exec()) ?? []
  return answers.flatMap(([, answer]) => (typeof answer === 'string' ? [answer] : []))
}

type Entry = readonly [id: string, fields: readonly string[]]

function take([id, fields]: Entry, isWanted: (partition: number) => boolean, found: Map<number, DeliveredAt>): void {
  const atMs = msOf(id)
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const partition = Number(fields[at])
    if (!isWanted(partition)) continue
    const offsets = found.get(partition) ?? new Map<number, number>()
    found.set(partition, offsets)
    for (const offset of (fields[at + 1] ?? '').split(',')) offsets.set(Number(offset), atMs)
  }
}

/** Ids of streams begin with the time. */
const msOf = (id: string) => Number(id.slice(0, id.indexOf('-')))
