import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { createMetrics } from '#shared/observability/metrics.ts'
import { createTelemetry } from '../../../services/producer/telemetry.ts'

test('events are counted one by one and logged in one line per stream and second', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: Record<string, unknown>[] = []
  const log = pino(
    { level: 'info', base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const metrics = createMetrics()
  const telemetry = createTelemetry(log, metrics)
  telemetry.stored('orders', 100, 0.002)
  telemetry.stored('orders', 50, 0.004)
  telemetry.storedMany('orders', { events: 10, bytes: 500, seconds: 0.003, isComplete: true })
  telemetry.storedMany('orders', { events: 3, bytes: 50, seconds: 0.001, isComplete: false })
  telemetry.refused('overloaded')
  assert.equal(lines.length, 0)
  t.mock.timers.tick(1_000)
  assert.deepEqual(lines, [
    { level: 30, stream: 'orders', outcome: 'stored', events: 15, bytes: 700, maxMs: 4, msg: 'published' },
    { level: 30, outcome: 'overloaded', requests: 1, msg: 'publishes refused' },
  ])
  t.mock.timers.tick(1_000)
  telemetry.close()
  assert.equal(lines.length, 2)
  const text = await metrics.registry.metrics()
  assert.match(text, /tailrace_publish_requests_total\{outcome="stored"\} 3/)
  assert.match(text, /tailrace_publish_events_total 15/)
  assert.match(text, /tailrace_publish_requests_total\{outcome="overloaded"\} 1/)
  assert.match(text, /tailrace_publish_bytes_total 700/)
})
