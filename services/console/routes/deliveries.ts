import { Type } from 'typebox'
import type { Console } from '../context.ts'
import { timeOf } from '../dead-letters.ts'
import { deliveryAnswer, deliveryStates, wholeDeliveryAnswer } from '../deliveries/answer.ts'
import { readCursor } from '../deliveries/cursor.ts'
import { findDelivery } from '../deliveries/find.ts'
import { listDeliveries } from '../deliveries/list.ts'
import { readStateNames } from '../deliveries/live-state.ts'
import { documented } from '../docs.ts'
import { pageQuery } from '../page.ts'
import { listOf, param, type Query, type Route } from '../route.ts'
import { requireSubscription } from '../subscriptions.ts'

const tag = 'deliveries'

const timeQuery = (description: string) => Type.String({ format: 'date-time', maxLength: 40, description })

const listQuery = {
  ...pageQuery,
  subscription: Type.String({ maxLength: 63 }),
  state: Type.Enum([...deliveryStates]),
  key: Type.String({ maxLength: 1_024 }),
  type: Type.String({ maxLength: 256 }),
  target: Type.String({ maxLength: 2_048, description: 'URL of a target that was tried.' }),
  since: timeQuery('Inclusive.'),
  until: timeQuery('Exclusive.'),
}

export function deliveryRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/deliveries', operationId: 'listDeliveries', tag, scope: 'read' },
      summary:
        'List deliveries that were attempted or are over, by what happened last. A page may be short although `next` is set',
      query: listQuery,
      answers: documented.many(listOf(deliveryAnswer)),
      handle: async ({ query }) => ({ status: 200, body: await list(console, query) }),
    },
    {
      ...{ method: 'GET', path: '/v1/deliveries/{id}', operationId: 'getDelivery', tag, scope: 'read' },
      summary: 'Read a delivery with its attempts',
      answers: { 200: { description: 'As far as the attempts log tells.', schema: wholeDeliveryAnswer } },
      handle: async (request) => ({ status: 200, body: await findDelivery(console, param(request, 'id')) }),
    },
  ]
}

async function list(console: Console, query: Query) {
  const { admin, topics } = console
  const name = text(query.subscription)
  const filter = {
    uid: name === undefined ? null : requireSubscription(console, name).uid,
    ...{ state: text(query.state), key: text(query.key), type: text(query.type), target: text(query.target) },
    ...{ sinceMs: timeOf('since', text(query.since) ?? null), untilMs: timeOf('until', text(query.until) ?? null) },
  }
  const after = typeof query.cursor === 'string' ? readCursor(query.cursor) : null
  const names = await readStateNames(console)
  return await listDeliveries({ admin, topic: topics.attempts, filter, after, limit: Number(query.limit), names })
}

const text = (value: Query[string]): string | undefined => (value === undefined ? undefined : String(value))
