import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createMetrics } from '#shared/observability/metrics.ts'
import { watchLoopLoad } from '../../../services/producer/loop-load.ts'

/** Looks come when the test says, each `lateMs` after its time. */
function loadOf(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  const load = watchLoopLoad(createMetrics(), { now: () => nowMs })
  t.after(() => load.close())
  const look = (lateMs: number) => {
    nowMs += 100 + lateMs
    t.mock.timers.tick(100)
  }
  return { load, look }
}

test('a loop that is late for a second refuses publishes until it is in time again', (t) => {
  const { load, look } = loadOf(t)
  for (const lateMs of [250, 250, 250]) look(lateMs)
  assert.equal(load.refusal(), undefined)
  look(250)
  assert.equal(load.refusal()?.code, 'overloaded')
  assert.match(load.refusal()?.detail ?? '', /200 ms late for a second/)
  look(199)
  assert.equal(load.refusal(), undefined)
})

test('one long pause refuses nobody', (t) => {
  const { load, look } = loadOf(t)
  for (const lateMs of [5_000, 0, 900, 0]) {
    look(lateMs)
    assert.equal(load.refusal(), undefined)
  }
})

test('a loop that is a little late all the time refuses nobody', (t) => {
  const { load, look } = loadOf(t)
  for (let time = 0; time < 50; time += 1) look(200)
  assert.equal(load.refusal(), undefined)
})
