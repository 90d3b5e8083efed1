import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ProbeLease } from '#shared/redis/target-hints.ts'
import type { BreakerState } from '#shared/resilience/breaker.ts'
import { createSharedBreaker, hintIdOf } from '../../../services/consumer/shared-breaker.ts'
import { fakeHints } from '../../support/hints.ts'
import { until } from '../../support/until.ts'

function setUp(t: TestContext, { lease = (): ProbeLease => 'mine', proves = (): boolean => true } = {}) {
  const states: BreakerState[] = []
  const { hints, hear, taken, watched } = fakeHints(lease)
  const breaker = createSharedBreaker<boolean>(
    {
      healthy: (isUp) => isUp,
      probeTimeoutMs: 1_000,
      resetMs: 20,
      onState: (state) => states.push(state),
    },
    { hints, id: 'x', proves },
  )
  t.after(() => breaker.shutdown())
  const halfOpen = () => until('a probe is due', () => breaker.state() === 'half-open')
  return { breaker, states, hear, taken, watched, halfOpen }
}

const up = async () => true
const down = async () => false

test('what opens here is told the others; what they say opens it without being said again', (t) => {
  const { breaker, hear, taken, states } = setUp(t)
  breaker.open()
  assert.deepEqual(taken(), ['down'])
  const other = setUp(t)
  other.hear('down')
  assert.equal(other.breaker.state(), 'open')
  assert.deepEqual(other.taken(), [])
  hear('up')
  assert.deepEqual([breaker.state(), states, taken()], ['closed', ['open', 'closed'], []])
})

test('who was answered a moment ago does not believe that the target is down', async (t) => {
  const { breaker, hear } = setUp(t)
  await breaker.run(up)
  hear('down')
  assert.equal(breaker.state(), 'closed')
})

test('a failed answer is no reason to doubt', async (t) => {
  const { breaker, hear } = setUp(t)
  await breaker.run(down)
  hear('down')
  assert.equal(breaker.state(), 'open')
})

test('a probe in vain says so again and lets nobody probe for a while', async (t) => {
  const { breaker, taken, halfOpen } = setUp(t)
  breaker.open()
  await halfOpen()
  taken()
  assert.deepEqual(await breaker.run(down), { kind: 'ran', result: false })
  assert.deepEqual([breaker.state(), taken()], ['open', ['down', 'rest 3500']])
})

test('a probe that proves nothing is due again, and nobody is told anything', async (t) => {
  const { breaker, taken, halfOpen } = setUp(t, { proves: () => false })
  breaker.open()
  await halfOpen()
  taken()
  assert.deepEqual(await breaker.run(down), { kind: 'ran', result: false })
  assert.deepEqual(taken(), ['rest 0'])
  await halfOpen()
})

test('a probe that is answered lets everybody go on', async (t) => {
  const { breaker, taken, halfOpen } = setUp(t)
  breaker.open()
  await halfOpen()
  taken()
  await breaker.run(up)
  assert.deepEqual([breaker.state(), taken()], ['closed', ['up', 'rest 0']])
})

test('while somebody else probes nothing is sent, and it rests', async (t) => {
  const { breaker, taken, halfOpen } = setUp(t, { lease: () => 'taken' })
  breaker.open()
  await halfOpen()
  taken()
  let calls = 0
  const ran = await breaker.run(async () => {
    calls += 1
    return true
  })
  assert.deepEqual([ran, calls, breaker.state(), taken()], [{ kind: 'rejected' }, 0, 'open', []])
})

test('without Redis it probes for itself', async (t) => {
  const { breaker, halfOpen } = setUp(t, { lease: () => 'alone' })
  breaker.open()
  await halfOpen()
  assert.deepEqual(await breaker.run(up), { kind: 'ran', result: true })
  assert.equal(breaker.state(), 'closed')
})

test('an operator closes it everywhere; after its end it hears nothing', (t) => {
  const { breaker, taken, watched } = setUp(t)
  breaker.open()
  breaker.close()
  assert.deepEqual(taken(), ['down', 'up'])
  breaker.shutdown()
  assert.equal(watched(), 0)
})

test('targets are told apart by subscription and URL, and the name shows no URL', () => {
  const url = 'https://user.example/hooks?token=secret'
  assert.notEqual(hintIdOf('a', url), hintIdOf('b', url))
  assert.notEqual(hintIdOf('a', url), hintIdOf('a', `${url}2`))
  assert.doesNotMatch(hintIdOf('a', url), /secret|example/)
})
