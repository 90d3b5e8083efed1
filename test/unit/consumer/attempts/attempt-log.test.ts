import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mock, test } from 'node:test'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import { readBatch } from '#shared/delivery/log/read-batch.ts'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { createAttemptLog } from '../../../../services/consumer/attempts/attempt-log.ts'

const entry = (offset: number, because = ''): LogEntry => ({
  ...{ offset, atMs: 1_000, key: 'k', type: 'order.created', state: 'waiting', because, behind: 0 },
  ...{ nextAttemptAtMs: null, attempts: 0, firstAttemptAtMs: null, list: [] },
})

function logWith(append: () => Promise<number>) {
  const records: EventRecord[] = []
  const lost: number[] = []
  const metrics = createMetrics()
  const log = createAttemptLog({
    lanes: {
      partitionForKey: () => 0,
      append: (_topic, _partition, record) => {
        records.push(record)
        return append()
      },
    },
    ...{ topic: 'attempts', partitions: 6, instance: 'one', metrics, onLost: (_, count) => void lost.push(count) },
  })
  const count = async (name: string) =>
    (await metrics.registry.getSingleMetric(`tailrace_attempt_${name}_total`)?.get())?.values[0]?.value
  const offsets = () =>
    records.map((record) =>
      readBatch({ ...record, topic: '', partition: 0, offset: 0, timestampMs: 0 })?.entries.map(({ offset }) => offset),
    )
  return { log: log.of({ uid: 'u', name: 'billing', stream: 'orders' }), records, offsets, lost, count }
}

test('one record per partition holds what was noted since the last flush; nothing noted, nothing written', async () => {
  const { log, records, offsets, count } = logWith(async () => 0)
  assert.equal(log.flush(), null)
  log.note(0, entry(1))
  log.note(0, entry(2))
  log.note(3, entry(7))
  await log.flush()
  assert.deepEqual(offsets(), [[1, 2], [7]])
  assert.deepEqual(
    records.map(({ headers }) => headers.tailrace_partition),
    ['0', '3'],
  )
  assert.equal(log.flush(), null, 'and all of it is stored')
  assert.deepEqual([await count('details_stored'), await count('records')], [3, 2])
})

test('a record that is full goes out by itself, and a flush waits for it too', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  const { log, records } = logWith(() => promise)
  for (let offset = 0; offset < 400; offset += 1) log.note(0, entry(offset, 'x'.repeat(1_000)))
  assert.equal(records.length, 1)
  let isFlushed = false
  const flushed = log.flush()?.then(() => {
    isFlushed = true
  })
  await Promise.resolve()
  assert.equal(isFlushed, false)
  resolve(0)
  await flushed
})

test('a flush gives up after 2 s, once per record, and what is stored later still counts as stored', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const { promise, resolve } = Promise.withResolvers<number>()
  const { log, count } = logWith(() => promise)
  log.note(0, entry(1))
  const [first, second] = [log.flush(), log.flush()]
  mock.timers.tick(2_000)
  await Promise.all([first, second])
  assert.equal(await count('details_late'), 1)
  resolve(0)
  await log.flush()
  assert.deepEqual([await count('details_stored'), await count('details_lost')], [1, 0])
})

test('what Kafka refuses for good is lost, counted and told; nothing is thrown', async () => {
  const { log, lost, count } = logWith(() => Promise.reject(new TailraceError('stream-unknown', 'no such topic')))
  log.note(0, entry(1))
  log.note(0, entry(2))
  await log.flush()
  log.note(0, entry(3))
  await log.flush()
  assert.deepEqual([await count('details_lost'), lost], [3, [2]], 'told at most once in 5 s')
})

test('a passing refusal is answered by trying again', async () => {
  let tries = 0
  const { log, count } = logWith(async () => {
    tries += 1
    if (tries === 1) throw new TailraceError('kafka-unavailable', 'the lane is broken')
    return 0
  })
  log.note(0, entry(1))
  await log.flush()
  assert.deepEqual([tries, await count('details_stored'), await count('details_lost')], [2, 1, 0])
})

test('memory is bounded: when too much is on its way, more of it is lost', async () => {
  const { log, lost } = logWith(() => new Promise(() => {}))
  const noise = () => randomBytes(200_000).toString('base64')
  for (let offset = 0; lost.length === 0 && offset < 1_000; offset += 1) log.note(0, entry(offset, noise()))
  assert.equal(lost.length, 1)
})
