import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createOriginPools } from '#shared/delivery/origin-pools.ts'

const options = { egress: createEgressGuard(''), connectTimeoutMs: 1_000, connections: 4 }

test('URLs of one origin share a pool, others have their own', async (t) => {
  const pools = createOriginPools(options)
  t.after(() => pools.close())
  const a = pools.route('https://a.example/one?x=1')
  assert.equal(a.path, '/one?x=1')
  assert.equal(pools.route('https://A.example:443/two').pool, a.pool)
  assert.notEqual(pools.route('http://a.example/one').pool, a.pool)
  assert.notEqual(pools.route('https://a.example:8443/one').pool, a.pool)
})

test('an origin that nobody used for a minute is closed, one in use stays', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const pools = createOriginPools(options)
  t.after(() => pools.close())
  const idle = pools.route('https://idle.example/').pool
  const used = pools.route('https://used.example/').pool
  nowMs = 59_000
  pools.route('https://used.example/')
  nowMs = 61_000
  t.mock.timers.tick(30_000)
  assert.equal(idle.closed, true)
  assert.equal(used.closed, false)
  assert.equal(pools.route('https://used.example/').pool, used)
  assert.notEqual(pools.route('https://idle.example/').pool, idle)
})
