import { Type } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import type { Query } from './route.ts'

export const pageQuery = {
  limit: Type.Integer({ default: 50, minimum: 1, maximum: 500, description: 'Most items of one answer.' }),
  cursor: Type.String({ maxLength: 512, description: 'The `next` of the answer before.' }),
}

type Listed = { createdAt: string }

/** `items` are sorted by creation, newest first; `id` tells those of one millisecond apart, ascending. */
export function pageOf<T extends Listed>(items: readonly T[], query: Query, id: (item: T) => string) {
  const after = typeof query.cursor === 'string' ? readCursor(query.cursor) : undefined
  const rest =
    after === undefined ? items : items.filter((item) => isAfter({ at: item.createdAt, id: id(item) }, after))
  const page = rest.slice(0, Number(query.limit))
  const last = page.at(-1)
  const next = last === undefined || page.length === rest.length ? null : cursorOf({ at: last.createdAt, id: id(last) })
  return { map: <U>(show: (item: T) => U) => ({ items: page.map(show), next }) }
}

/** A place between two items that survives insertions, deletions and restarts. */
type Place = { at: string; id: string }

const isAfter = (item: Place, place: Place) => item.at < place.at || (item.at === place.at && item.id > place.id)

const cursorOf = ({ at, id }: Place) => Buffer.from(`${at} ${id}`).toString('base64url')

function readCursor(cursor: string): Place {
  const [at, id] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (at !== undefined && id !== undefined && !Number.isNaN(Date.parse(at))) return { at, id }
  throw new TailraceError('request-malformed', 'the cursor is none that this API gave out')
}
