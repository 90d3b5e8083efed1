import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateNames } from '../../../../services/console/deliveries/live-state.ts'
import { createDeliveryTail } from '../../../../services/console/live/delivery-tail.ts'
import { attempt, logInMemory } from '../deliveries/log-in-memory.ts'

const names: StateNames = {
  of: (_pair, { state }) => (state === 'queued' ? 'held' : state),
  ...{ phase: () => 'held', waiting: () => 'held', goesOn: () => true, underWay: () => [], instances: [] },
}

function tailOf(log: ReturnType<typeof logInMemory>) {
  return createDeliveryTail({ admin: log.admin, topic: 'attempts', names: async () => names })
}

test('a tail shows what is written from now on, each once, as the API shows deliveries', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 1 }])
  const tail = tailOf(log)
  await tail.begin()
  assert.deepEqual((await tail.since()).kept, [])
  const failed = attempt({ atMs: 2_000, decision: 'retry', code: 'status-500', status: 500 })
  log.write('a', 2_000, [{ offset: 2, state: 'retrying', because: 'target answered 500', list: [failed] }])
  log.write('b', 2_001, [{ offset: 3 }])
  const { kept } = await tail.since()
  assert.deepEqual(
    kept.map(({ subscription, state, isNotable }) => [subscription, state, isNotable]),
    [
      ['s-a', 'retrying', true],
      ['s-b', 'delivered', false],
    ],
  )
  const { id, because, key, type, at, lastAttempt } = (kept[0]?.data ?? {}) as Record<string, unknown>
  assert.deepEqual(
    [id, because, key, type, at],
    ['s-a-0-2', 'target answered 500', 'k', 'order.created', '1970-01-01T00:00:02.000Z'],
  )
  const shown = { number: 1, target: 'http://one/', decision: 'retry', code: 'status-500', status: 500, totalMs: 1.5 }
  assert.deepEqual(lastAttempt, shown)
  assert.deepEqual((await tail.since()).kept, [])
})

test('a turn of the event loop has room for many, and the rest is counted by subscription and state', async () => {
  const log = logInMemory()
  const tail = tailOf(log)
  await tail.begin()
  log.write(
    'a',
    1_000,
    Array.from({ length: 1_000 }, (_, offset) => ({ offset })),
  )
  const { kept, more } = await tail.since()
  assert.deepEqual([kept.length, [...more]], [250, [['s-a\ndelivered', 750]]])
})

test('a tail that is far behind goes on from the end', async () => {
  const log = logInMemory()
  const tail = tailOf(log)
  await tail.begin()
  for (let at = 0; at < 2_001; at += 1) log.write('a', at, [{ offset: at }])
  assert.deepEqual((await tail.since()).kept, [])
  log.write('a', 3_000, [{ offset: 3_000 }])
  assert.equal((await tail.since()).kept.length, 1)
})
