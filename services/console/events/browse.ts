import { TailraceError } from '#shared/errors.ts'
import type { Console } from '../context.ts'
import { timeOf } from '../dead-letters.ts'
import { eventRowOf } from '../index/event-row.ts'
import type { Query } from '../route.ts'
import { requireStream } from '../streams.ts'
import { eventAnswerOf } from './answer.ts'

/** So much of the log one page reads. */
const mostBytes = 4 * 1024 * 1024

/**
 * A page of one partition as the log has it, in its order, without the bodies. `from`: an offset, `earliest`, a time, or
 * `latest`, the last `limit` events. `next` is null at the end of the log: what comes later starts at `nextOffset`.
 */
export async function browseStream(console: Console, name: string, query: Query) {
  const stream = requireStream(console, name)
  const [partition, limit] = [Number(query.partition), Number(query.limit)]
  const bounds = (await console.admin.offsets(stream.topic)).find((one) => one.partition === partition)
  if (bounds === undefined) {
    throw wrong('partition', `${name} has the partitions 0 to ${stream.partitions - 1}`, 'ask for one of these')
  }
  const { low, high } = bounds
  const text = query.cursor === undefined ? String(query.from) : readCursor(String(query.cursor))
  const asked = await offsetOf(console, text, { topic: stream.topic, partition, low, high, limit })
  const from = Math.min(Math.max(asked, low), high)
  const to = Math.min(high, from + limit)
  const read = await console.admin.read({ topic: stream.topic, partition, from, to, mostBytes })
  return {
    items: read.records.map((record) => eventAnswerOf(eventRowOf(record, stream))),
    next: read.next < high ? cursorOf(read.next) : null,
    ...{ partition, firstOffset: low, endOffset: high, nextOffset: read.next },
  }
}

type Log = { topic: string; partition: number; low: number; high: number; limit: number }

async function offsetOf({ admin }: Pick<Console, 'admin'>, text: string, { topic, partition, low, high, limit }: Log) {
  if (text === 'earliest') return low
  if (text === 'latest') return high - limit
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const atMs = timeOf('from', text) ?? 0
  return (await admin.offsetsAt(topic, atMs)).find((one) => one.partition === partition)?.offset ?? high
}

const cursorOf = (offset: number) => Buffer.from(`o ${offset}`).toString('base64url')

function readCursor(cursor: string): string {
  const [, offset] = /^o (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (offset !== undefined) return offset
  throw new TailraceError('request-malformed', 'the cursor is none that this API gave out')
}

function wrong(query: string, detail: string, fix: string): TailraceError {
  return new TailraceError('request-malformed', detail, { errors: [{ query, code: 'unknown-value', detail, fix }] })
}
