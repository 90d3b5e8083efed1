import { Type } from 'typebox'
import { time } from '#shared/catalog/schema.ts'
import { TailraceError } from '#shared/errors.ts'
import type { AuditLine } from './audit.ts'
import type { Console } from './context.ts'
import { timeOf } from './dead-letters.ts'
import { pageQuery } from './page.ts'
import type { Query } from './route.ts'

export const auditQuery = {
  ...pageQuery,
  since: Type.String({ format: 'date-time', maxLength: 40, description: 'Inclusive.' }),
  until: Type.String({ format: 'date-time', maxLength: 40, description: 'Exclusive.' }),
}

export const auditAnswer = Type.Object({
  at: time('When it was answered.'),
  by: Type.String({ description: 'key <id>' }),
  name: Type.String({ description: 'What the key is called.' }),
  action: Type.String({ description: 'The operation, as this document names it.' }),
  path: Type.String({ description: 'What it was about.' }),
  status: Type.Integer(),
})

const patienceMs = 1_000

/** Who changed what, newest first, as far as the search index knows: within a second. */
export async function listAuditLines({ index }: Pick<Console, 'index'>, query: Query) {
  const text = (name: string) => (query[name] === undefined ? null : String(query[name]))
  const [limit, cursor] = [Number(query.limit), text('cursor')]
  const before = cursor === null ? null : readCursor(cursor)
  const span = { sinceMs: timeOf('since', text('since')), untilMs: timeOf('until', text('until')) }
  // Whoever asks has perhaps just changed something.
  if (before === null) await index.catchUp(patienceMs)
  const rows = await index.ask('listAudit', { ...span, before, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ told, atMs }) => lineOf(told, atMs)),
    next: last === undefined || rows.length <= limit ? null : Buffer.from(`a ${last.offset}`).toString('base64url'),
  }
}

/** Written by this version or another one: what is missing is not known. */
function lineOf(told: string, atMs: number): AuditLine {
  const { at, by = '', name = '', action = '', path = '', status = 0 } = JSON.parse(told) as Partial<AuditLine>
  return { at: at ?? new Date(atMs).toISOString(), by, name, action, path, status }
}

function readCursor(cursor: string): number {
  const [, offset] = /^a (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (offset !== undefined) return Number(offset)
  throw new TailraceError('request-malformed', 'the cursor is none that this API gave out')
}
