import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import { lastRange, traceDelivery } from '../../../../services/console/deliveries/trace.ts'
import { attempt, logInMemory, partitions } from './log-in-memory.ts'

async function traceIn(log: ReturnType<typeof logInMemory>, offset: number, sinceMs: number | null = 0) {
  const own = partitionForKey(Buffer.from('a'), partitions)
  const bounds = (await log.admin.offsets('attempts'))[own]
  const part = { topic: 'attempts', partition: own, low: 0, high: bounds?.high ?? 0 }
  return await traceDelivery({ admin: log.admin, part, wanted: { uid: 'a', partition: 0, offset }, sinceMs })
}

test('finds the entries of one delivery, oldest first', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 5, state: 'retrying', nextAttemptAtMs: 2_000 }, { offset: 6 }])
  log.write('a', 2_000, [{ offset: 5, state: 'retrying', nextAttemptAtMs: 9_000, attempts: 2 }])
  log.write('a', 9_000, [{ offset: 5, attempts: 3, list: [attempt({ number: 3 })] }])
  const { found, isWhole } = await traceIn(log, 5)
  assert.deepEqual(
    found.map(({ entry }) => [entry.state, entry.attempts]),
    [
      ['retrying', 1],
      ['retrying', 2],
      ['delivered', 3],
    ],
  )
  assert.equal(isWhole, true)
  assert.deepEqual(await traceIn(log, 77), { found: [], comparisons: [], passedOver: null, isWhole: true })
})

test('passes over what happened to others until the next attempt was due', async () => {
  const log = logInMemory()
  const hour = 3_600_000
  log.write('a', 10_000, [{ offset: 5, state: 'retrying', nextAttemptAtMs: hour }])
  for (let at = 1; at <= 20_000; at += 1) log.write('a', 10_000 + at * 150, [{ offset: 5 + at }])
  log.write('a', hour, [{ offset: 5, attempts: 2, list: [attempt({ number: 2 })] }])
  const { found } = await traceIn(log, 5, 9_000)
  assert.deepEqual(
    found.map(({ entry }) => entry.state),
    ['retrying', 'delivered'],
  )
  assert.ok(log.reads() < 20, `${log.reads()} reads`)
})

test('an attempt that came before it was due is found, as after a hold', async () => {
  const log = logInMemory()
  const hour = 3_600_000
  log.write('a', 10_000, [{ offset: 5, state: 'retrying', nextAttemptAtMs: 3 * hour }])
  for (let at = 1; at <= 100; at += 1) log.write('a', 10_000 + at, [{ offset: 5 + at }])
  log.write('a', hour, [{ offset: 5, attempts: 2, list: [attempt({ number: 2 })] }])
  for (let at = 1; at <= 100; at += 1) log.write('a', hour + at, [{ offset: 200 + at }])
  const { found, isWhole } = await traceIn(log, 5, 9_000)
  assert.deepEqual(
    found.map(({ entry }) => entry.state),
    ['retrying', 'delivered'],
  )
  assert.equal(isWhole, true)
})

test('what retention took is said', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [], { ranges: [{ from: 3, to: 6 }] })
  assert.equal((await traceIn(log, 4, null)).passedOver?.atMs, 1_000)
  assert.equal((await traceIn(log, 6, null)).passedOver, null)
})

test('one that was skipped may be delivered after all, when the operator goes back', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [], { ranges: [{ from: 2, to: 6, state: 'skipped' }] })
  const skipped = await traceIn(log, 4, 500)
  assert.equal(lastRange(skipped)?.state, 'skipped')
  for (let offset = 100; offset < 400; offset += 1) log.write('a', 1_100 + offset, [{ offset }])
  log.write('a', 5_000, [{ offset: 4 }])
  const after = await traceIn(log, 4, 500)
  assert.deepEqual([lastRange(after), after.found.at(-1)?.entry.state], [null, 'delivered'])
})
