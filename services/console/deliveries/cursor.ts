import { TailraceError } from '#shared/errors.ts'

/**
 * A place in the list of deliveries, newest first: the record it stands in, by time, partition and offset in the attempts
 * topic, and its number among what that record tells. New records come before it, so it survives insertions.
 */
export type Place = { atMs: number; partition: number; offset: number; index: number }

/** Whether `a` comes after `b` in the list. */
export function isBehind(a: Place, b: Place): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs
  if (a.partition !== b.partition) return a.partition > b.partition
  return a.offset === b.offset ? a.index > b.index : a.offset < b.offset
}

export function cursorOf({ atMs, partition, offset, index }: Place): string {
  return Buffer.from([atMs, partition, offset, index].join(' ')).toString('base64url')
}

export function readCursor(cursor: string): Place {
  const parts = Buffer.from(cursor, 'base64url').toString().split(' ').map(Number)
  const [atMs, partition, offset, index] = parts
  const isWhole = parts.length === 4 && parts.every((part) => Number.isSafeInteger(part) && part >= 0)
  if (isWhole && atMs !== undefined && partition !== undefined && offset !== undefined && index !== undefined) {
    return { atMs, partition, offset, index }
  }
  throw new TailraceError('request-malformed', 'the cursor is none that this API gave out')
}
