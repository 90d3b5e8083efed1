import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRedisUrl } from '../../support/dependencies.ts'
import { besideTarget } from '../../support/targets.ts'
import { until } from '../../support/until.ts'
import { shareSubscription } from './takeover.ts'

const events = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % 60}`, id: `e${index}` }))

/** Of a takeover that a peer begins. */
const targetMs = 4_000

test('a surviving consumer takes over from a killed one before its session ends, without a launcher', async (t) => {
  const { startMortal, takeoverMs, evictions } = await shareSubscription(t, { REDIS_URL: testRedisUrl() })
  t.diagnostic(besideTarget('taken over', await takeoverMs(await startMortal()), targetMs))
  // Whose session has ended is a member of no group any more: nobody would be evicted.
  assert.equal(await evictions(), 1)
})

for (const [what, env] of Object.entries({
  'without Redis': { REDIS_URL: 'redis://127.0.0.1:1' },
  'with TAILRACE_EVICT_PEERS=off': { REDIS_URL: testRedisUrl(), TAILRACE_EVICT_PEERS: 'off' },
})) {
  test(`${what} the session timeout of 6 s decides when a consumer is gone`, async (t) => {
    const { startMortal, takeoverMs } = await shareSubscription(t, env)
    const tookMs = await takeoverMs(await startMortal())
    t.diagnostic(`taken over ${Math.round(tookMs)} ms after the death`)
    // Not quite 6 s: its last heartbeat was before its death, half a second or what it was late by.
    assert.ok(tookMs > targetMs, `took ${tookMs} ms`)
  })
}

test('a frozen consumer is evicted, and when it thaws it begins no delivery of what is no longer its own', async (t) => {
  const sharing = await shareSubscription(t, { REDIS_URL: testRedisUrl() })
  const { installation, receiver, subscription, startMortal, untilOwners, roundTrip, evictions } = sharing
  const mortal = await startMortal()
  await installation.publish(events(3_000))
  await until('both are in the middle', () => receiver.requests.length > 500)
  mortal.kill('SIGSTOP')
  const frozenAtMs = Date.now()
  await until('the survivor has delivered the rest', async () => (await installation.lag(subscription)) === 0)
  assert.equal(await evictions(), 1)
  const before = receiver.requests.length
  t.diagnostic(`${before - 3_000} repeats`)
  mortal.kill('SIGCONT')
  await untilOwners(2)
  await roundTrip()
  // A request that it had begun before may still go out; `webhook-timestamp` (seconds) is when an attempt began.
  const begun = receiver.requests
    .slice(before)
    .filter(({ headers }) => Number(headers['webhook-timestamp']) * 1_000 > frozenAtMs)
    .map(({ headers }) => String(headers['ce-id']))
  assert.deepEqual(
    begun.filter((id) => id.startsWith('e')),
    [],
  )
})
