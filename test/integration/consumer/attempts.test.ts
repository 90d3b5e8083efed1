import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import type { LogBatch, LogEntry } from '#shared/delivery/log/entries.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runConsumer } from './fixture.ts'

const entriesOf = (batches: readonly LogBatch[]): LogEntry[] => batches.flatMap(({ entries }) => entries)

const at = (batches: readonly LogBatch[], offset: number) =>
  entriesOf(batches).filter((entry) => entry.offset === offset)

test('writes down every delivery once, many in a record, before its offset is committed', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const batches = await installation.attempts()
  await installation.publish(Array.from({ length: 900 }, (_, n) => ({ key: `k${n % 50}`, id: `e${n}` })))
  await runConsumer(installation, 'one')
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  await until('all are on record', () => entriesOf(batches).length >= 900)
  assert.equal(entriesOf(batches).length, 900)
  for (const { uid, subscription: name, instance, partition } of batches) {
    assert.deepEqual([uid, name, instance], [subscription.uid, subscription.name, 'one'])
    const offsets = batches
      .filter((one) => one.partition === partition)
      .flatMap((one) => one.entries.map((e) => e.offset))
    assert.deepEqual([...new Set(offsets)].length, offsets.length)
  }
  assert.ok(batches.length < 300, `${batches.length} records`)
  const [first] = entriesOf(batches)
  assert.deepEqual([first?.state, first?.attempts, first?.type], ['delivered', 1, 'order.created'])
  assert.match(first?.key ?? '', /^k\d+$/)
  assert.deepEqual([first?.list[0]?.status, first?.list[0]?.url], [200, receiver.url])
  assert.ok((first?.list[0]?.timingsMs.total ?? 0) > 0)
})

test('what fails is kept whole: each attempt with its answer, who waits behind it, and how it ended', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  let failures = 0
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => {
      if (headers['ce-id'] === 'never') return { kind: 'answer', status: 422, body: 'total is negative' }
      if (headers['ce-id'] !== 'late' || failures >= 2) return { kind: 'answer' }
      failures += 1
      return { kind: 'answer', status: 500, body: 'oops', headers: { 'x-trace': 'abc', 'set-cookie': 'secret=1' } }
    },
  })
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs: [300, 600] } })
  const batches = await installation.attempts()
  await installation.publish([
    { key: 'k', id: 'late' },
    { key: 'k', id: 'behind' },
    { key: 'other', id: 'never' },
    { key: null, id: 'none', value: null },
  ])
  await runConsumer(installation, 'one')
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  await until('both of the key are delivered', () =>
    [0, 1].every((offset) => at(batches, offset).some(({ state }) => state === 'delivered')),
  )
  const late = at(batches, 0)
  assert.deepEqual(
    late.map(({ state, attempts, list }) => [state, attempts, list.map(({ number }) => number)]),
    [
      ['retrying', 1, [1]],
      ['retrying', 2, [2]],
      ['delivered', 3, [3]],
    ],
  )
  const [failed] = late
  const [attempt] = failed?.list ?? []
  assert.equal(failed?.because, 'target answered 500')
  assert.ok((failed?.nextAttemptAtMs ?? 0) > (failed?.atMs ?? 0))
  assert.deepEqual(
    [attempt?.decision, attempt?.code, attempt?.status, attempt?.body, attempt?.head['x-trace']],
    ['retry', 'status-500', 500, 'oops', 'abc'],
  )
  assert.equal(attempt?.head['set-cookie'], undefined)
  assert.deepEqual(
    late.map(({ firstAttemptAtMs }) => firstAttemptAtMs),
    Array(3).fill(failed?.firstAttemptAtMs),
  )
  const [waiting, delivered] = at(batches, 1)
  assert.deepEqual([waiting?.state, waiting?.behind, waiting?.attempts], ['waiting', 0, 0])
  assert.deepEqual([delivered?.state, delivered?.attempts], ['delivered', 1])
  const [refused] = at(batches, 2)
  assert.deepEqual(
    [refused?.state, refused?.list[0]?.decision, refused?.list[0]?.body],
    ['dead-lettered', 'dead-letter', 'total is negative'],
  )
  const [malformed] = at(batches, 3)
  assert.deepEqual([malformed?.state, malformed?.attempts, malformed?.list], ['dead-lettered', 0, []])
})

test('an attempts topic that takes nothing holds up neither deliveries nor their commits; what is lost is counted', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const { attempts } = topicNames(installation.prefix)
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const batches = await installation.attempts()
  await installation.admin.configureTopic(attempts, { 'max.message.bytes': '10' })
  const consumer = await runConsumer(installation, 'one')
  await installation.publish(Array.from({ length: 20 }, (_, n) => ({ key: 'k', id: `e${n}` })))
  await until('all of one key are delivered', () => receiver.requests.length === 20)
  await until('all is committed all the same', async () => (await installation.lag(subscription)) === 0)
  const metric = async (name: string) => {
    const text = await (await fetch(`${consumer.adminUrl}/metrics`)).text()
    return Number(new RegExp(`^tailrace_${name} (\\d+)`, 'm').exec(text)?.[1])
  }
  await until('all are counted', async () => (await metric('attempt_details_lost_total')) === 20)
  assert.equal(await metric('attempt_details_stored_total'), 0)
  await installation.admin.configureTopic(attempts, { 'max.message.bytes': '1048588' })
  // A broker takes up a changed setting a moment after it was told.
  await until('later ones are on record again', async () => {
    await installation.publish([{ key: 'k', id: 'later' }])
    return entriesOf(batches).some(({ offset }) => offset >= 20)
  })
})
