import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#shared/kafka/clock.ts'
import { laneMetricsOf } from '#shared/kafka/lane-metrics.ts'
import { type LaneKind, sendersOf } from '#shared/kafka/lane-senders.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'

const log = createLogger('test', { level: 'silent', instance: 'test' })
const connection = { brokers: ['localhost:1'], clientId: 'test', log }

const openSenders = (kind: LaneKind) =>
  sendersOf(kind, { connection, clock: systemClock, observe: laneMetricsOf(createMetrics()) })

test('leader lanes of one topic have one sender, those of another topic another: one topic per send', () => {
  const { senderOf } = openSenders('leader')
  assert.equal(senderOf('orders', 0), senderOf('orders', 5))
  assert.notEqual(senderOf('orders', 0), senderOf('invoices', 0))
})

test('partition lanes have a sender each, shared lanes one for all', () => {
  const [own, shared] = [openSenders('partition'), openSenders('shared')]
  assert.notEqual(own.senderOf('orders', 0), own.senderOf('orders', 1))
  assert.equal(shared.senderOf('orders', 0), shared.senderOf('invoices', 3))
})

test('a sender that no lane has any more is closed and never given out again; the shared one stays', () => {
  for (const kind of ['leader', 'partition', 'shared'] as const) {
    const { senderOf, closeUnused } = openSenders(kind)
    const [kept, idle] = [senderOf('orders', 0), senderOf('invoices', 0)]
    closeUnused(new Set([kept]))
    assert.equal(senderOf('orders', 0), kept)
    assert.equal(senderOf('invoices', 0) === idle, kind === 'shared')
  }
})
