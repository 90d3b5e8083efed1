import { Type } from 'typebox'
import { version } from '#shared/version.ts'
import type { Console } from '../context.ts'
import type { Route } from '../route.ts'
import { readState, stateAnswer } from '../state.ts'

const info = Type.Object({
  version: Type.String(),
  publishUrl: Type.String(),
  consoleUrl: Type.String(),
  limits: Type.Record(Type.String(), Type.Integer()),
  features: Type.Array(Type.String({ description: 'What this version can do beyond the first one.' })),
})

export function watchingRoutes(console: Console): Route[] {
  const { publishUrl, consoleUrl, limits } = console
  return [
    {
      ...{ method: 'GET', path: '/v1/info', operationId: 'getInfo', tag: 'discovery', scope: 'read' },
      summary: 'Version, addresses, limits',
      answers: { 200: { description: 'What this installation is.', schema: info } },
      handle: () => ({ status: 200, body: { version, publishUrl, consoleUrl, limits, features: [] } }),
    },
    {
      ...{ method: 'GET', path: '/v1/state', operationId: 'getState', tag: 'watching', scope: 'read' },
      summary: 'The live state of brokers, instances, streams and subscriptions',
      answers: { 200: { description: 'As far as it is known now.', schema: stateAnswer } },
      async handle() {
        const body = await readState(console)
        return { status: 200, body, headers: console.monitor.reachable() ? {} : { 'tailrace-as-of': body.at } }
      },
    },
  ]
}
