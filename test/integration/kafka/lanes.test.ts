import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { laneKinds } from '#shared/kafka/lane-senders.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { until } from '../../support/until.ts'
import { adminFor, lanesFor, memberFor, textRecord, topicFor, valuesOf } from './fixture.ts'

for (const kind of laneKinds) {
  test(`${kind} lanes append in order and answer each record with its offset`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions: 2 })
    const lanes = lanesFor(t, kind)
    const values = Array.from({ length: 1_500 }, (_, index) => `event ${index}`)
    const append = (partition: number) =>
      Promise.all(values.map((value) => lanes.append(topic, partition, textRecord(value))))
    const [first, second] = await Promise.all([append(0), append(1)])
    assert.deepEqual(first, [...values.keys()])
    assert.deepEqual(second, [...values.keys()])

    const reader = memberFor(t, { groupId: `${topic}-readers`, topics: [topic] })
    await until('the reader is assigned', () => reader.owned()?.length === 2)
    for (const partition of [0, 1]) reader.keeper.seek(topic, partition, 0)
    reader.keeper.resume(topic, [0, 1])
    await until('all are read', () => reader.batches.flatMap((batch) => batch.records).length >= 3_000)
    assert.deepEqual(valuesOf(reader, topic, 0), values)
    assert.deepEqual(valuesOf(reader, topic, 1), values)
    const [record] = reader.batches[0]?.records ?? []
    assert.equal(record?.headers.ce_id, `id of ${record?.value}`)
  })

  test(`a record that Kafka refuses fails alone in ${kind} lanes`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions: 1, config: { 'max.message.bytes': '2000' } })
    const lanes = lanesFor(t, kind)
    const values = ['a', 'b', 'x'.repeat(5_000), 'c']
    const answers = await Promise.allSettled(values.map((value) => lanes.append(topic, 0, textRecord(value))))
    const [, , refused] = answers
    assert.ok(refused?.status === 'rejected' && refused.reason instanceof TailraceError)
    assert.equal(refused.reason.code, 'event-too-large')
    assert.deepEqual(
      answers.filter((answer) => answer.status === 'fulfilled').map((answer) => answer.value),
      [0, 1, 2],
    )
  })

  test(`${kind} lanes refuse a record without a key for a compacted topic as an invalid event`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions: 1, config: { 'cleanup.policy': 'compact' } })
    const lanes = lanesFor(t, kind)
    const refused = lanes.append(topic, 0, textRecord('no key'))
    await assert.rejects(refused, (error: unknown) => error instanceof TailraceError && error.code === 'event-invalid')
    assert.equal(await lanes.append(topic, 0, textRecord('with key', 'k')), 0)
  })

  test(`keyless records in ${kind} lanes come to lie on one partition at a time`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions: 6 })
    const lanes = lanesFor(t, kind)
    const placed = Array.from({ length: 100 }, () => lanes.placeKeyless(topic, 6))
    // Two where a slice of 50 ms ended: this process may stand still in between.
    assert.ok(new Set(placed).size <= 2, `${placed}`)
    await Promise.all(placed.map((partition) => lanes.append(topic, partition, textRecord('event'))))
    const [snapshot] = lanes.snapshot()
    assert.deepEqual(snapshot, { topic, partition: placed[0], state: 'open', queued: 0, inFlight: 0, oldestMs: 0 })
  })

  test(`${kind} lanes take nothing more once closed, and have written what was queued before`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions: 1 })
    const lanes = lanesFor(t, kind)
    const queued = lanes.append(topic, 0, textRecord('last'))
    const closed = lanes.close()
    const refused = lanes.append(topic, 0, textRecord('late'))
    await assert.rejects(refused, (error: unknown) => error instanceof TailraceError && error.code === 'stopping')
    assert.equal(await queued, 0)
    await closed
  })

  test(`a topic that is deleted does not stop the ${kind} lanes of others`, async (t) => {
    const admin = await adminFor(t)
    const [kept, gone, later] = [
      await topicFor(t, admin, { partitions: 1 }),
      await topicFor(t, admin, { partitions: 1 }),
      await topicFor(t, admin, { partitions: 1 }),
    ]
    const lanes = lanesFor(t, kind)
    for (const topic of [kept, gone]) await lanes.append(topic, 0, textRecord('before'))
    await admin.deleteTopic(gone)
    await until('it is gone', async () => (await admin.describeTopic(gone)) === undefined)
    const startedAt = performance.now()
    // A topic that the producer does not know yet makes kafkajs ask for the metadata of all it knows.
    assert.equal(await lanes.append(later, 0, textRecord('after')), 0)
    assert.equal(await lanes.append(kept, 0, textRecord('after')), 1)
    t.diagnostic(`after ${Math.round(performance.now() - startedAt)} ms`)
  })
}

test('lanes report batches through the metrics of the process', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const metrics = createMetrics()
  const lanes = lanesFor(t, 'leader', metrics)
  lanesFor(t, 'shared', metrics)
  await Promise.all(['a', 'b', 'c'].map((value) => lanes.append(topic, 0, textRecord(value))))
  const text = await metrics.registry.metrics()
  assert.match(text, /^tailrace_lane_batch_records_sum 3$/m)
  assert.match(text, /^tailrace_lanes_open 1$/m)
})
