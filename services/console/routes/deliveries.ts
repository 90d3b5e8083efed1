import type { Console } from '../context.ts'
import { deliveryAnswer, wholeDeliveryAnswer } from '../deliveries/answer.ts'
import { askForDeliveries } from '../deliveries/ask.ts'
import { findDelivery } from '../deliveries/find.ts'
import { listQuery, questionOf } from '../deliveries/question.ts'
import { documented } from '../docs.ts'
import { listOf, param, type Route } from '../route.ts'

const tag = 'deliveries'

export function deliveryRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/deliveries', operationId: 'listDeliveries', tag, scope: 'read', isExported: true },
      summary:
        'List deliveries that were attempted or are over, by what happened last; by their state also those under way, and of a subscription those filtered out or not tried yet. A page may be short although `next` is set',
      query: listQuery,
      answers: documented.many(listOf(deliveryAnswer)),
      handle: async ({ query }) => ({ status: 200, body: await askForDeliveries(console, questionOf(query)) }),
    },
    {
      ...{ method: 'GET', path: '/v1/deliveries/{id}', operationId: 'getDelivery', tag, scope: 'read' },
      summary: 'Read a delivery with its attempts',
      answers: { 200: { description: 'As far as the attempts log tells.', schema: wholeDeliveryAnswer } },
      handle: async (request) => ({ status: 200, body: await findDelivery(console, param(request, 'id')) }),
    },
  ]
}
