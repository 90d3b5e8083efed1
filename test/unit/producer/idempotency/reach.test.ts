import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openReach } from '../../../../services/producer/idempotency/reach.ts'
import { until } from '../../../support/until.ts'

const never = <T>() => new Promise<T>(() => {})

function reachOf(t: TestContext, { resetMs = 60_000, ping = async () => true } = {}) {
  const redis = { isUp: true, reconnectedMs: Number.POSITIVE_INFINITY }
  const reach = openReach({
    redis: { up: () => redis.isUp, reconnectedForMs: () => redis.reconnectedMs },
    ping,
    windowMs: 10_000,
    resetMs,
  })
  t.after(() => reach.close())
  return { reach, redis }
}

test('an answer in time is the answer, also null', async (t) => {
  const { reach } = reachOf(t)
  assert.equal(await reach.ask(async () => 7, 50), 7)
  assert.equal(await reach.ask(async () => null, 50), null)
  assert.equal(reach.isUsable(), true)
})

test('a question may take 50 ms for each thousand of its events', (t) => {
  const { reach } = reachOf(t)
  assert.deepEqual([1, 1_000, 1_001, 10_000].map(reach.allowanceFor), [50, 50, 100, 500])
})

test('after one late answer nothing is asked any more', async (t) => {
  const { reach } = reachOf(t)
  assert.equal(await reach.ask(() => never<number>(), 10), null)
  assert.equal(reach.isUsable(), false)
  let calls = 0
  const counted = async () => {
    calls += 1
    return 7
  }
  assert.equal(await reach.ask(counted, 10), null)
  assert.equal(calls, 0)
})

test('a ping that no publish waits for finds out when Redis is quick again', async (t) => {
  const pings: ((isUp: boolean) => void)[] = []
  const ping = () => new Promise<boolean>((resolve) => void pings.push(resolve))
  const { reach } = reachOf(t, { resetMs: 10, ping })
  await reach.ask(() => never<number>(), 10)
  await until('it is tried, in vain', () => pings.length > 0)
  assert.equal(reach.isUsable(), false)
  await until('it is tried again', () => pings.length > 1)
  pings.at(-1)?.(true)
  await until('it is usable', () => {
    pings.at(-1)?.(true)
    return reach.isUsable()
  })
  assert.equal(await reach.ask(async () => 7, 50), 7)
})

test('a process that stood still looks at the answer before it looks at its watch', async (t) => {
  const { reach } = reachOf(t)
  const answer = reach.ask(() => new Promise<number>((resolve) => setTimeout(resolve, 1, 7)), 20)
  const startedMs = performance.now()
  while (performance.now() - startedMs < 40); // both timers are due before the loop turns again
  assert.equal(await answer, 7)
  assert.equal(reach.isUsable(), true)
})

test('nothing is asked while Redis is away', async (t) => {
  const { reach, redis } = reachOf(t)
  redis.isUp = false
  assert.equal(reach.isUsable(), false)
  assert.equal(await reach.ask(async () => 7, 50), null)
})

test('the marks are not complete for one window after a reconnect, or after an event went by', (t) => {
  const { reach, redis } = reachOf(t)
  assert.equal(reach.isComplete(), true)
  redis.reconnectedMs = 9_999
  assert.equal(reach.isComplete(), false)
  redis.reconnectedMs = 10_001
  assert.equal(reach.isComplete(), true)
  reach.missed()
  assert.equal(reach.isComplete(), false)
})
