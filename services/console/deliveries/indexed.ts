import type { LoggedState } from '#shared/delivery/log/entries.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from '../context.ts'
import type { DeliveryRow, RowPlace } from '../index/queries/deliveries.ts'
import { deliveryOf } from './answer.ts'
import type { StateNames } from './live-state.ts'
import type { Question } from './question.ts'

/** What entries of the log are called when a list asks for a state; other states are found elsewhere. */
const loggedStates: Readonly<Record<string, LoggedState>> = {
  ...{ delivered: 'delivered', 'dead-lettered': 'dead-lettered', discarded: 'discarded', retrying: 'retrying' },
  ...{ waiting: 'waiting', queued: 'queued', held: 'queued', paused: 'queued' },
}

/** An index that is further behind is being built: the log itself says more. */
const behindMs = 10_000

/**
 * A page of deliveries from the search index, in a few milliseconds however long ago they were; null when the log has to be
 * read: the index is missing or behind, or the state asked for stands in no row, as with what was passed over.
 */
export async function listIndexed(
  { index }: Pick<Console, 'index'>,
  { filter, cursor, limit }: Question,
  { uid, names }: { uid: string | null; names: StateNames },
) {
  const after = cursor === null ? null : readPlace(cursor)
  if (cursor !== null && after === null) return null
  const state = filter.state === undefined ? null : loggedStates[filter.state]
  if (state === undefined) return null
  if (after === null && !(await isUsable({ index }, uid))) return null
  const { key = null, type = null, target = null, sinceMs, untilMs } = filter
  const wanted = { uid, state, key, type, target, sinceMs, untilMs }
  const rows = await index.ask('listRows', { filter: wanted, after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const isAsked = (row: DeliveryRow) => filter.state === undefined || names.of(row, row) === filter.state
  return {
    items: page.filter(isAsked).map((row) => deliveryOf(row, row, names)),
    next: last === undefined || rows.length <= limit ? null : cursorOf(last),
  }
}

/** What was passed over has no rows and may hide some. */
async function isUsable({ index }: Pick<Console, 'index'>, uid: string | null): Promise<boolean> {
  try {
    const { completeToMs } = await index.ask('indexStatus', null)
    if (completeToMs === null || Date.now() - completeToMs > behindMs) return false
    return !(await index.ask('hasRanges', { uid }))
  } catch (error) {
    if (error instanceof TailraceError && error.code === 'index-unavailable') return false
    throw error
  }
}

const cursorOf = ({ atMs, number, partition, offset }: RowPlace) =>
  Buffer.from(['i', atMs, number, partition, offset].join(' ')).toString('base64url')

/** Null for a cursor of another list. */
function readPlace(cursor: string): RowPlace | null {
  const [kind, ...parts] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const [atMs, number, partition, offset] = parts.map(Number)
  const isWhole = kind === 'i' && parts.length === 4 && parts.every((part) => /^\d{1,15}$/.test(part))
  if (!isWhole || atMs === undefined || number === undefined || partition === undefined || offset === undefined)
    return null
  return { atMs, number, partition, offset }
}
