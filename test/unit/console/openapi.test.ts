import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { describeRefusal, refusalsOf } from '../../../services/console/refusals.ts'
import type { Route } from '../../../services/console/route.ts'

const route = (changes: Partial<Route>): Route => ({
  ...{ method: 'GET', path: '/v1/x', operationId: 'x', summary: '', tag: 'streams', scope: 'read', answers: {} },
  handle: () => ({ status: 200 }),
  ...changes,
})

test('what a route takes decides what it refuses with', () => {
  assert.deepEqual(refusalsOf(route({})), [400, 401, 403])
  assert.deepEqual(refusalsOf(route({ scope: null })), [400])
  assert.deepEqual(refusalsOf(route({ scope: 'any' })), [400, 401, 403])
  assert.deepEqual(refusalsOf(route({ path: '/v1/x/{name}', refusals: [503] })), [400, 401, 403, 404, 503])
  const put = route({ path: '/v1/x/{name}', method: 'PUT', body: Type.Object({}), conditional: true })
  assert.deepEqual(refusalsOf(put), [400, 401, 403, 412, 415])
})

test('a refusal names its codes', () => {
  assert.equal(describeRefusal(401), '`credential-missing`, `credential-invalid`')
  for (const status of [400, 401, 403, 404, 412, 415, 429, 503]) assert.notEqual(describeRefusal(status), '')
})
