import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpsChange } from '#shared/catalog/ops/ops-events.ts'
import { tellBrokers } from '../../../services/console/broker-watch.ts'

const broker = (id: number, up: boolean) => ({ id, address: `h:${id}`, up, controller: false })

function told(before: ReturnType<typeof broker>[], after: ReturnType<typeof broker>[]) {
  const changes: OpsChange[] = []
  tellBrokers({ raiseChange: async (change) => changes.push(change) > 0 }, before, after)
  return changes.map(({ before: was, eventOf }) => eventOf(was)).map((event) => [event?.type, event?.subject])
}

test('a broker that went and one that came back are told; first sight is no news', () => {
  const both = [broker(1, true), broker(2, true)]
  const one = [broker(1, true), broker(2, false)]
  assert.deepEqual(told([], both), [])
  assert.deepEqual(told(both, both), [])
  assert.deepEqual(told(both, one), [['tailrace.broker.lost', 'brokers/2']])
  assert.deepEqual(told(one, one), [])
  assert.deepEqual(told(one, both), [['tailrace.broker.back', 'brokers/2']])
})
