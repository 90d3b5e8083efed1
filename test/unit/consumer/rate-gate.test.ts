import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createTokenBucket } from '#shared/resilience/token-bucket.ts'
import { RateGate } from '../../../services/consumer/rate-gate.ts'

/** A gate over a bucket of this process, on a clock that the test moves. */
function setUp(t: TestContext, rate: { perSecond: number; burst: number } | null) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const heard: string[] = []
  const costs: number[] = []
  const buckets = new Map<string, ReturnType<typeof createTokenBucket>>()
  const gate = new RateGate({
    id: 's',
    rates: {
      take: async (_id, asked, cost) => {
        costs.push(cost)
        const name = JSON.stringify(asked)
        const bucket = buckets.get(name) ?? createTokenBucket(asked, () => nowMs)
        buckets.set(name, bucket)
        return bucket.take(cost)
      },
    },
    onPermits: () => heard.push('permits'),
    onWait: () => heard.push('wait'),
    onBroken: (error) => assert.fail(String(error)),
  })
  gate.limit(rate)
  const pass = async (ms: number) => {
    nowMs += ms
    t.mock.timers.tick(ms)
    await settled()
  }
  return { gate, costs, pass, taken: () => heard.splice(0) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Starts whatever may start, up to `most`; says how many that were. */
function startAll(gate: RateGate, most: number): number {
  let started = 0
  for (; started < most && gate.available() > 0; started += 1) gate.spend()
  gate.want(most - started)
  return started
}

test('without a limit everything passes, and nobody is asked', async (t) => {
  const { gate, costs } = setUp(t, null)
  assert.equal(startAll(gate, 1_000), 1_000)
  gate.want(5)
  await settled()
  assert.deepEqual(costs, [])
})

test('the burst passes at once, then so many a second', async (t) => {
  const { gate, pass, taken } = setUp(t, { perSecond: 100, burst: 10 })
  let started = startAll(gate, 1_000)
  assert.equal(started, 0, 'the first permit is asked for')
  for (let i = 0; i < 20; i += 1) {
    await settled()
    started += startAll(gate, 1_000)
  }
  assert.equal(started, 10)
  assert.equal(taken().at(-1), 'wait')
  for (let ms = 0; ms < 1_000; ms += 10) {
    await pass(10)
    started += startAll(gate, 1_000)
  }
  assert.ok(started >= 100 && started <= 110, `${started}`)
})

test('it asks for no more than the bucket can ever hold, nor than there is work for', async (t) => {
  const { gate, costs } = setUp(t, { perSecond: 10_000, burst: 3 })
  gate.want(50)
  await settled()
  assert.equal(gate.available(), 3)
  for (let i = 0; i < 3; i += 1) gate.spend()
  gate.want(1)
  await settled()
  assert.deepEqual(costs, [3, 1])
})

test('what could not wait is paid for by what comes after', async (t) => {
  const { gate, pass } = setUp(t, { perSecond: 10, burst: 1 })
  gate.spend()
  gate.spend()
  const seen: number[] = []
  for (let i = 0; i < 4; i += 1) {
    gate.want(1)
    await settled()
    seen.push(gate.available())
    await pass(100)
  }
  assert.deepEqual(seen, [0, 0, 1, 1])
})

test('the probes of a long hold are paid for one by one: what waited goes out at once', async (t) => {
  const { gate, pass } = setUp(t, { perSecond: 1, burst: 2 })
  for (let probe = 0; probe < 100; probe += 1) {
    gate.spend()
    gate.want(0)
    await pass(5_000)
  }
  gate.want(1)
  await settled()
  assert.equal(gate.available(), 1)
})

test('nothing is asked for while nothing is wanted', async (t) => {
  const { gate, costs } = setUp(t, { perSecond: 10, burst: 1 })
  gate.want(0)
  await settled()
  assert.deepEqual(costs, [])
})

test('another limit counts at once: what the old one still owed is forgotten', async (t) => {
  const { gate, taken } = setUp(t, { perSecond: 1, burst: 1 })
  gate.want(5)
  await settled()
  gate.spend()
  gate.want(4)
  await settled()
  assert.deepEqual(taken(), ['permits', 'wait'])
  gate.limit({ perSecond: 1_000, burst: 50 })
  gate.want(4)
  await settled()
  assert.equal(gate.available(), 4)
  gate.limit(null)
  assert.equal(gate.available(), Number.POSITIVE_INFINITY)
})
