import { TailraceError } from '#shared/errors.ts'

/**
 * A place in a list of deliveries, newest first: the record it stands in, by time, partition and offset in its topic, and its
 * number among what that record tells. New records come before it, so it survives insertions.
 */
export type Place = { atMs: number; partition: number; offset: number; index: number }

/** Where the next page begins: behind a place in the attempts log, or behind one in the stream of the subscription. */
export type Cursor = { of: 'log' | 'stream'; after: Place }

/** Whether `a` comes after `b` in the list. */
export function isBehind(a: Place, b: Place): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs
  if (a.partition !== b.partition) return a.partition > b.partition
  return a.offset === b.offset ? a.index > b.index : a.offset < b.offset
}

const kinds = { log: '', stream: 's' } as const

export function cursorOf({ atMs, partition, offset, index }: Place, of: Cursor['of'] = 'log'): string {
  return Buffer.from(kinds[of] + [atMs, partition, offset, index].join(' ')).toString('base64url')
}

export function readCursor(cursor: string): Cursor {
  const text = Buffer.from(cursor, 'base64url').toString()
  const of = text.startsWith(kinds.stream) ? 'stream' : 'log'
  const parts = text.slice(kinds[of].length).split(' ').map(Number)
  const [atMs, partition, offset, index] = parts
  const isWhole = parts.length === 4 && parts.every((part) => Number.isSafeInteger(part) && part >= 0)
  if (isWhole && atMs !== undefined && partition !== undefined && offset !== undefined && index !== undefined) {
    return { of, after: { atMs, partition, offset, index } }
  }
  throw notOurs()
}

export const notOurs = () => new TailraceError('request-malformed', 'the cursor is none that this API gave out')
