import { auditAnswer, auditQuery, listAuditLines } from '../audit-list.ts'
import type { Console } from '../context.ts'
import { documented } from '../docs.ts'
import { historyAnswer, historyQuery, readHistory } from '../history.ts'
import { listOf, type Route } from '../route.ts'

const tag = 'watching'

/** What was: rates by the minute, and who changed what. */
export function pastRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/history', operationId: 'getHistory', tag, scope: 'read' },
      summary: 'Rates and lags of the last 7 days, by the minute',
      query: historyQuery,
      answers: { 200: { description: 'A value for each step.', schema: historyAnswer } },
      handle: async ({ query }) => ({ status: 200, body: await readHistory(console, query, Date.now()) }),
    },
    {
      ...{ method: 'GET', path: '/v1/audit', operationId: 'listAudit', tag, scope: 'read', isExported: true },
      summary: 'Who changed what, and who looked at a payload',
      query: auditQuery,
      answers: documented.many(listOf(auditAnswer)),
      handle: async ({ query }) => ({ status: 200, body: await listAuditLines(console, query) }),
    },
  ]
}
