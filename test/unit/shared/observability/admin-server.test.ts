import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAdminServer } from '#shared/observability/admin-server.ts'
import { createMetrics } from '#shared/observability/metrics.ts'

test('answers health, readiness with its reasons, and metrics', async (t) => {
  const metrics = createMetrics()
  metrics.counter('published_total', 'Events published.', ['outcome']).inc({ outcome: 'stored' }, 3)
  let reasons: string[] = ['kafka is not connected']
  const server = await startAdminServer({ host: '127.0.0.1', port: 0, metrics, ready: () => reasons })
  t.after(() => server.close())
  const get = async (path: string) => {
    const response = await fetch(server.url + path)
    return { status: response.status, body: await response.text() }
  }
  assert.deepEqual(await get('/livez'), { status: 200, body: 'ok\n' })
  assert.deepEqual(await get('/readyz'), { status: 503, body: 'kafka is not connected\n' })
  reasons = []
  assert.equal((await get('/readyz')).status, 200)
  assert.match((await get('/metrics')).body, /tailrace_published_total\{outcome="stored"\} 3/)
  assert.equal((await get('/else')).status, 404)
})
