import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { exportLines, wantsLines } from '../../../services/console/export.ts'
import type { Route, RouteRequest } from '../../../services/console/route.ts'

const pages: Record<string, { items: number[]; next: string | null }> = {
  begin: { items: [1, 2], next: 'a' },
  a: { items: [], next: 'b' },
  b: { items: [3], next: null },
}
const request = { query: { limit: 50 } } as unknown as RouteRequest

test('sends every item of every page as a line', async () => {
  const route = { handle: ({ query }: RouteRequest) => ({ status: 200, body: pages[String(query.cursor ?? 'begin')] }) }
  const { body, headers } = await exportLines(route as unknown as Route, request)
  assert.equal(await text(body as Readable), '1\n2\n3\n')
  assert.equal(headers?.['content-type'], 'application/x-ndjson')
})

test('a refusal of the first page is an answer of its own', async () => {
  const route = { handle: () => Promise.reject(new Error('no')) } as unknown as Route
  await assert.rejects(exportLines(route, request), /no/)
})

test('is asked for by its media type alone', () => {
  assert.equal(wantsLines('application/x-ndjson'), true)
  assert.equal(wantsLines('text/html, Application/X-NDJSON;q=0.9'), true)
  assert.equal(wantsLines('*/*'), false)
  assert.equal(wantsLines(undefined), false)
})
