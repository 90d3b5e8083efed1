import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream } from '#shared/catalog/model.ts'
import { brokerLost, deadLetterAdded, held, jobFinished, released, takeover } from '#shared/catalog/ops/events.ts'
import { type OpsChange, openOps } from '#shared/catalog/ops/ops-events.ts'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { Told } from '#shared/redis/told.ts'

const subscription = { name: 'billing', uid: 'u', stream: 'orders' }
const facts = { reason: 'all-targets-failing', lagEvents: 3, lastError: 'connect ECONNREFUSED' }
const letter = {
  id: 'billing-0-1',
  position: 'orders-0-1',
  cause: 'refused',
  code: 'status-422',
  detail: '',
  job: null,
}
const job = { id: 'job_1', kind: 'redrive', state: 'finished', matched: 2, done: 2, delivered: 1, deadLettered: 1 }

/** What several instances have told, as Redis would remember it. */
function memory(): Told {
  const known = new Map<string, string>()
  return {
    async isFirst(what) {
      if (known.has(what)) return false
      known.set(what, '1')
      return true
    },
    async change(what, value) {
      const before = known.get(what) ?? ''
      known.set(what, value)
      return before
    },
  }
}
const noRedis: Told = { isFirst: async () => null, change: async () => null }

function instance(told: Told, { hasStream = true, append = async () => 0 } = {}) {
  const records: EventRecord[] = []
  const metrics = createMetrics()
  const stream = { name: 'ops', topic: 'events.ops', partitions: 6 } as Stream
  const ops = openOps({
    ...{ told, metrics, instance: 'consumer 1', log: createLogger('test', { level: 'silent', instance: 'test' }) },
    catalog: { stream: () => (hasStream ? stream : undefined) },
    lanes: {
      partitionForKey: () => 2,
      append: (_topic, _partition, record) => {
        records.push(record)
        return append()
      },
    },
  })
  const dropped = async () =>
    (await metrics.registry.getSingleMetric('tailrace_ops_events_dropped_total')?.get())?.values[0]?.value
  return { ops, records, types: () => records.map(({ headers }) => headers.ce_type), dropped }
}

const change = (value: string, before: string, isSpeaker = false): OpsChange => ({
  ...{ mark: 'phase:u', value, before, isSpeaker },
  eventOf: (was) =>
    was === value ? null : value === 'held' ? held(subscription, facts) : released(subscription, facts),
})

test('an operational event is a CloudEvent, ordered by what it is about', async () => {
  const { ops, records } = instance(memory())
  ops.raise(held(subscription, facts))
  ops.raise(jobFinished(subscription, { ...job, error: null }))
  ops.raise(brokerLost({ id: 2, address: 'h:1' }))
  await ops.close()
  const [first, second, third] = records
  assert.equal(first?.key?.toString(), 'subscriptions/billing')
  assert.deepEqual(
    [first?.headers.ce_specversion, first?.headers.ce_source, first?.headers['content-type']],
    ['1.0', '/instances/consumer%201', 'application/json'],
  )
  assert.deepEqual(JSON.parse(String(first?.value)), {
    ...{ subscription: 'billing', subscriptionUid: 'u', stream: 'orders', ...facts },
  })
  assert.deepEqual([second?.headers.ce_type, second?.headers.ce_subject], ['tailrace.job.finished', 'jobs/job_1'])
  assert.deepEqual([third?.headers.ce_type, third?.headers.ce_subject], ['tailrace.broker.lost', 'brokers/2'])
})

test('subscriptions of ops raise none about themselves', async () => {
  const { ops, records } = instance(memory())
  const own = { ...subscription, stream: 'ops' }
  ops.raise(held(own, facts))
  ops.raiseOnce(deadLetterAdded(own, letter), 'm', 1_000)
  void ops.raiseChange({ ...change('held', 'active'), eventOf: () => held(own, facts) })
  await ops.close()
  assert.equal(records.length, 0)
})

test('what several instances notice is told by the first one, and again when its time is over', async () => {
  const told = memory()
  const [one, two] = [instance(told), instance(told)]
  for (const { ops } of [one, two, one]) ops.raiseOnce(takeover({ instance: 'x', members: 2 }), 'takeover:x', 60_000)
  await Promise.all([one.ops.close(), two.ops.close()])
  assert.deepEqual([one.records.length, two.records.length], [1, 0])
  const again = instance(noRedis)
  again.ops.raiseOnce(takeover({ instance: 'x', members: 2 }), 'takeover:x', -1)
  again.ops.raiseOnce(takeover({ instance: 'x', members: 2 }), 'takeover:x', 60_000)
  again.ops.raiseOnce(takeover({ instance: 'x', members: 2 }), 'takeover:x', 60_000)
  await again.ops.close()
  assert.equal(again.records.length, 2, 'without Redis each goes by what it told itself')
})

test('a change is told once, whoever sees it, and not again by those who see it later', async () => {
  const told = memory()
  const [one, two] = [instance(told), instance(told)]
  assert.equal(await one.ops.raiseChange(change('held', 'active', false)), true)
  await one.ops.close()
  assert.equal(await two.ops.raiseChange(change('held', 'active')), true, 'somebody has')
  await two.ops.close()
  void two.ops.raiseChange(change('active', 'held'))
  await two.ops.close()
  void one.ops.raiseChange(change('active', 'held'))
  await one.ops.close()
  assert.deepEqual([one.types(), two.types()], [['tailrace.subscription.held'], ['tailrace.subscription.released']])
})

test('without Redis the speaker tells of changes', async () => {
  const { ops, types } = instance(noRedis)
  assert.equal(await ops.raiseChange(change('held', 'active', false)), false)
  assert.equal(await ops.raiseChange(change('held', 'active', true)), true)
  await ops.close()
  assert.deepEqual(types(), ['tailrace.subscription.held'])
})

test('what cannot be stored is dropped and counted, and what may pass is tried again', async () => {
  const noStream = instance(memory(), { hasStream: false })
  noStream.ops.raise(held(subscription, facts))
  await noStream.ops.close()
  assert.equal(await noStream.dropped(), 1)
  let tries = 0
  const passing = instance(memory(), {
    append: async () => {
      tries += 1
      if (tries === 1) throw new TailraceError('kafka-unavailable', 'the lane is broken')
      return 0
    },
  })
  passing.ops.raise(held(subscription, facts))
  await passing.ops.close()
  assert.deepEqual([tries, await passing.dropped()], [2, 0])
})
