import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { createMetrics } from '#shared/observability/metrics.ts'
import { createTelemetry } from '../../../services/consumer/telemetry.ts'

test('an address that may not be dialled is logged for people, other failed attempts are not', (t) => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) })
  const telemetry = createTelemetry(log, createMetrics())
  t.after(() => telemetry.close())
  const ref = { subscription: 'billing', uid: 'k3v9q2', topic: 't', partition: 0, offset: 7 }
  const attempt = { attempt: 1, target: 'http://rebinding.example/a-secret-path?t=1', outcome: 'retry' }
  telemetry.attemptFailed(ref, { ...attempt, code: 'status-500', detail: 'target answered 500' })
  assert.deepEqual(lines, [])
  const detail = 'rebinding.example: 10.0.0.1 is a private address'
  telemetry.attemptFailed(ref, { ...attempt, code: 'egress-refused', detail })
  const [line] = lines.map((one) => JSON.parse(one))
  assert.deepEqual([line?.subscription, line?.offset, line?.detail], ['billing', 7, detail])
  assert.equal(line?.target, 'http://rebinding.example', 'the path of a URL may be a secret')
})
