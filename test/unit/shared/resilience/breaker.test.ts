import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BreakerState, createBreaker } from '#shared/resilience/breaker.ts'
import { until } from '../../../support/until.ts'

type Result = 'good' | 'bad'

function breakerOf({ resetMs = 20, probeTimeoutMs = 1_000, random = (): number => 0.5 } = {}) {
  const states: BreakerState[] = []
  const breaker = createBreaker<Result>({
    healthy: (result) => result === 'good',
    probeTimeoutMs,
    resetMs,
    random,
    onState: (state) => states.push(state),
  })
  return { breaker, states }
}
const good = async (): Promise<Result> => 'good'
const bad = async (): Promise<Result> => 'bad'
const ran = (result: Result) => ({ kind: 'ran', result })

test('closed it lets everything pass and never opens by itself', async (t) => {
  const { breaker, states } = breakerOf()
  t.after(() => breaker.shutdown())
  for (let index = 0; index < 100; index += 1) assert.deepEqual(await breaker.run(bad), ran('bad'))
  assert.equal(breaker.state(), 'closed')
  assert.deepEqual(states, [])
})

test('open it lets nothing pass and says when the next probe is', async (t) => {
  const { breaker } = breakerOf({ resetMs: 60_000 })
  t.after(() => breaker.shutdown())
  t.mock.method(Date, 'now', () => 1_000)
  breaker.open()
  breaker.open()
  let calls = 0
  const counted = async (): Promise<Result> => {
    calls += 1
    return 'good'
  }
  assert.deepEqual(await breaker.run(counted), { kind: 'rejected' })
  assert.equal(calls, 0)
  assert.equal(breaker.state(), 'open')
  assert.equal(breaker.nextProbeAtMs(), 61_000)
})

test('half-open it lets exactly one probe pass, whose success closes it', async (t) => {
  const { breaker, states } = breakerOf()
  t.after(() => breaker.shutdown())
  breaker.open()
  await until('it is half-open', () => breaker.state() === 'half-open')
  assert.equal(breaker.nextProbeAtMs(), null)
  const probe = Promise.withResolvers<Result>()
  const first = breaker.run(() => probe.promise)
  const others = await Promise.all(Array.from({ length: 20 }, () => breaker.run(good)))
  assert.ok(others.every(({ kind }) => kind === 'rejected'))
  probe.resolve('good')
  assert.deepEqual(await first, ran('good'))
  assert.equal(breaker.state(), 'closed')
  assert.deepEqual(states, ['open', 'half-open', 'closed'])
  assert.deepEqual(await breaker.run(bad), ran('bad'))
})

test('a probe that shows the target is not up opens it again, for another jittered time', async (t) => {
  const draws = [0, 1, 0.5]
  const probesAtMs: (number | null)[] = []
  const breaker = createBreaker<Result>({
    healthy: (result) => result === 'good',
    probeTimeoutMs: 1_000,
    resetMs: 100,
    random: () => draws.shift() ?? 0.5,
    onState: (state) => {
      if (state === 'open') probesAtMs.push(breaker.nextProbeAtMs())
    },
  })
  t.after(() => breaker.shutdown())
  t.mock.method(Date, 'now', () => 1_000)
  breaker.open()
  await until('it is half-open', () => breaker.state() === 'half-open')
  assert.deepEqual(await breaker.run(bad), ran('bad'))
  await until('it is half-open again', () => breaker.state() === 'half-open')
  assert.deepEqual(probesAtMs, [1_080, 1_120], '20 % less, 20 % more')
})

test('a probe that takes too long opens it again, and its late result still comes out', async (t) => {
  const { breaker, states } = breakerOf({ probeTimeoutMs: 10 })
  t.after(() => breaker.shutdown())
  breaker.open()
  await until('it is half-open', () => breaker.state() === 'half-open')
  const probe = Promise.withResolvers<Result>()
  const running = breaker.run(() => probe.promise)
  await until('it is open again', () => states.length >= 3)
  assert.deepEqual(states.slice(0, 3), ['open', 'half-open', 'open'])
  probe.resolve('good')
  assert.deepEqual(await running, ran('good'))
})

test('what an attempt throws comes out, from a probe too, which then counts as failed', async (t) => {
  const { breaker } = breakerOf()
  t.after(() => breaker.shutdown())
  const broken = () => Promise.reject(new TypeError('bug'))
  await assert.rejects(breaker.run(broken), /bug/)
  breaker.open()
  await until('it is half-open', () => breaker.state() === 'half-open')
  await assert.rejects(breaker.run(broken), /bug/)
  assert.equal(breaker.state(), 'open')
})

test('evidence while the probe runs keeps it open, whatever the probe says', async (t) => {
  const { breaker } = breakerOf({ resetMs: 20 })
  t.after(() => breaker.shutdown())
  breaker.open()
  await until('it is half-open', () => breaker.state() === 'half-open')
  const probe = Promise.withResolvers<Result>()
  const running = breaker.run(() => probe.promise)
  breaker.open()
  probe.resolve('good')
  assert.deepEqual(await running, ran('good'))
  assert.notEqual(breaker.state(), 'closed')
})

test('another process that saw the target up can close it', async (t) => {
  const { breaker } = breakerOf({ resetMs: 60_000 })
  t.after(() => breaker.shutdown())
  breaker.open()
  breaker.close()
  assert.equal(breaker.nextProbeAtMs(), null)
  assert.deepEqual(await breaker.run(good), ran('good'))
})

test('after shutdown nothing passes, nothing opens or closes it, and nobody hears of anything', async () => {
  const { breaker, states } = breakerOf()
  breaker.open()
  breaker.shutdown()
  breaker.open()
  breaker.close()
  assert.deepEqual(await breaker.run(good), { kind: 'rejected' })
  assert.equal(breaker.state(), 'open')
  assert.deepEqual(states, ['open'])
})

test('a thousand closed breakers hold no timer', (t) => {
  const intervals = t.mock.method(globalThis, 'setInterval')
  const timeouts = t.mock.method(globalThis, 'setTimeout')
  for (let index = 0; index < 1_000; index += 1) t.after(breakerOf().breaker.shutdown)
  assert.deepEqual([intervals.mock.callCount(), timeouts.mock.callCount()], [0, 0])
})
