import { Type } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from '../context.ts'
import { timeOf } from '../dead-letters.ts'
import type { EventPlace } from '../index/queries/events.ts'
import { pageQuery } from '../page.ts'
import type { Query } from '../route.ts'
import { eventAnswerOf, timeOrNull } from './answer.ts'

const timeQuery = (description: string) => Type.String({ format: 'date-time', maxLength: 40, description })

/** The query of a list of events. */
export const eventQuery = {
  ...pageQuery,
  id: Type.String({ maxLength: 1_024, description: 'Of the CloudEvent.' }),
  source: Type.String({ maxLength: 2_048 }),
  key: Type.String({ maxLength: 4_096 }),
  type: Type.String({ maxLength: 1_024 }),
  stream: Type.String({ maxLength: 249, description: 'Also one that was deleted.' }),
  since: timeQuery('Stored at or after this time.'),
  until: timeQuery('Stored before this time.'),
}

/** Events as the index has them, newest first. Rejects with `index-unavailable`. */
export async function listIndexedEvents({ index }: Pick<Console, 'index'>, query: Query) {
  const text = (name: string) => (query[name] === undefined ? null : String(query[name]))
  const filter = {
    ...{ id: text('id'), source: text('source'), key: text('key'), type: text('type'), stream: text('stream') },
    ...{ sinceMs: timeOf('since', text('since')), untilMs: timeOf('until', text('until')) },
  }
  const limit = Number(query.limit)
  const cursor = text('cursor')
  const after = cursor === null ? null : readPlace(cursor)
  const { completeToMs } = await index.ask('indexStatus', null)
  const rows = await index.ask('listEvents', { filter, after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(eventAnswerOf),
    next: last === undefined || rows.length <= limit ? null : cursorOf(last),
    indexCompleteTo: timeOrNull(completeToMs),
  }
}

const cursorOf = ({ storedMs, streamNumber, partition, offset }: EventPlace) =>
  Buffer.from(['e', storedMs, streamNumber, partition, offset].join(' ')).toString('base64url')

function readPlace(cursor: string): EventPlace {
  const [kind, ...parts] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const [storedMs, streamNumber, partition, offset] = parts.map(Number)
  const isWhole = kind === 'e' && parts.length === 4 && parts.every((part) => /^\d{1,15}$/.test(part))
  if (
    isWhole &&
    storedMs !== undefined &&
    streamNumber !== undefined &&
    partition !== undefined &&
    offset !== undefined
  )
    return { storedMs, streamNumber, partition, offset }
  throw new TailraceError('request-malformed', 'the cursor is none that this API gave out')
}
