import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import type { Json } from './console-client.ts'
import { elsewhere, endings, type Operation, refused, type Stage, successes } from './documented.ts'
import { createInstallation } from './running-console.ts'

type Document = { paths: Record<string, Record<string, { operationId: string; responses: Json }>> }

test('every answer that the OpenAPI document names is given once, in the form that it says', async (t) => {
  const installation = await createInstallation(t)
  const { service, api } = await installation.start()
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, responses }]) => ({
      operation: { id, method: method.toUpperCase(), path } satisfies Operation,
      statuses: Object.keys(responses).filter((status) => status !== 'default'),
    })),
  )
  const isElsewhere = (id: string, status: string) => `${id} ${status}` in elsewhere || `${id} *` in elsewhere
  const stage: Stage = { api, url: service.url, adminKey: installation.adminKey, at: new Map() }
  const seen = new Set<string>()
  const replay = async (steps: typeof successes) => {
    for (const { operation, status, call } of steps) {
      const reply = await call(stage)
      assert.equal(reply.status, status, `${operation}: ${JSON.stringify(reply.body)}`)
      seen.add(`${operation} ${status}`)
    }
  }
  // Its threads take a moment to begin, and whoever asks before is told so.
  await until('the search index is there', async () => (await api('GET', '/v1/events')).status === 200)
  await replay(successes)
  stage.at.set('weak', String((await api('POST', '/v1/keys', { name: 'weak', scopes: ['publish:x'] })).body.secret))
  for (const { operation, statuses } of operations) {
    for (const status of statuses.filter((one) => one >= '400' && !isElsewhere(operation.id, one))) {
      const reply = await refused(operation, Number(status), stage)
      if (reply === undefined) continue
      assert.equal(reply.status, Number(status), `${operation.id}: ${JSON.stringify(reply.body)}`)
      seen.add(`${operation.id} ${status}`)
    }
  }
  await replay(endings)
  const documented = operations.flatMap(({ operation, statuses }) =>
    statuses.map((one) => [operation.id, one] as const),
  )
  const missing = documented.filter(([id, status]) => !seen.has(`${id} ${status}`) && !isElsewhere(id, status))
  assert.deepEqual(missing, [], 'add a step to documented.ts, or say there why there is none')
  const names = new Set(documented.flatMap(([id, status]) => [`${id} ${status}`, `${id} *`]))
  assert.deepEqual(
    Object.keys(elsewhere).filter((name) => !names.has(name)),
    [],
  )
})
