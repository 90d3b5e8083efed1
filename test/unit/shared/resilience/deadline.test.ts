import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlinePassed, withDeadline } from '#shared/resilience/deadline.ts'

test('a value or a rejection in time comes through, and no timer is left', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.equal(await withDeadline(Promise.resolve(7), 10), 7)
  await assert.rejects(withDeadline(Promise.reject(new Error('broken')), 10), /broken/)
})

test('after the deadline nobody waits, and a late rejection disturbs nobody', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const late = Promise.withResolvers<number>()
  const waiting = withDeadline(late.promise, 1_000)
  t.mock.timers.tick(1_000)
  assert.equal(await waiting, deadlinePassed)
  late.reject(new Error('too late'))
  await new Promise(setImmediate)
})
