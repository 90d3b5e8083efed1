import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within, withinOwnTime } from '#shared/resilience/deadline.ts'

const deadlinePassed = Symbol('deadline passed')

test('a value or a rejection in time comes through, and no timer is left', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.equal(await within(Promise.resolve(7), 10, deadlinePassed), 7)
  await assert.rejects(within(Promise.reject(new Error('broken')), 10, deadlinePassed), /broken/)
})

test('after the deadline nobody waits, and a late rejection disturbs nobody', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const late = Promise.withResolvers<number>()
  const waiting = within(late.promise, 1_000, deadlinePassed)
  t.mock.timers.tick(1_000)
  assert.equal(await waiting, deadlinePassed)
  late.reject(new Error('too late'))
  await new Promise(setImmediate)
})

test('a deadline in own time looks at what came while the process stood still', async () => {
  const work = new Promise<number>((resolve) => setTimeout(resolve, 1, 7))
  const waiting = withinOwnTime(work, 20, deadlinePassed)
  const startedMs = performance.now()
  while (performance.now() - startedMs < 40); // both timers are due before the loop turns again
  assert.equal(await waiting, 7)
  assert.equal(await withinOwnTime(new Promise(() => {}), 10, deadlinePassed), deadlinePassed)
  await assert.rejects(withinOwnTime(Promise.reject(new Error('broken')), 10, deadlinePassed), /broken/)
})
