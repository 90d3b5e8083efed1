import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HeldMark } from '#shared/redis/idempotency-marks.ts'
import { openHolding } from '../../../../services/producer/idempotency/holding.ts'
import { createFakeMarks } from './fake-marks.ts'

const mark = (name: string): HeldMark => ({ tag: 'key', name, digest: 'aaaaaaaaaaaaaaaa', token: 'mine' })
const [leaseMs, windowMs] = [6_000_000, 60_000_000]

function holdingOf(t: TestContext) {
  const marks = createFakeMarks({ leaseMs, windowMs })
  const state = { isUsable: true, missed: 0 }
  const reach = {
    isUsable: () => state.isUsable,
    ask: <T>(operation: () => Promise<T | null>) => (state.isUsable ? operation() : Promise.resolve(null)),
    missed: () => {
      state.missed += 1
    },
  }
  const holding = openHolding({ marks, reach, windowMs, leaseMs, now: () => marks.nowMs })
  t.after(() => holding.close())
  const seen = async (name: string) => (await marks.open([{ ...mark(name), token: 'other' }]))?.[0]
  return { marks, state, holding, seen }
}

test('the lease of an undecided event never ends while this process lives', async (t) => {
  const { marks, holding, seen } = holdingOf(t)
  await marks.open([mark('a')])
  holding.undecided(mark('a'))
  for (let sweeps = 0; sweeps < 20; sweeps += 1) {
    marks.nowMs += leaseMs / 3
    await holding.sweep()
  }
  assert.deepEqual(await seen('a'), { kind: 'running' })
})

test('what is held decides about twins in this process, until it is let go under its own token', (t) => {
  const { holding } = holdingOf(t)
  holding.undecided(mark('a'))
  assert.deepEqual(holding.find(mark('a')), { kind: 'running' })
  assert.deepEqual(holding.find({ ...mark('a'), digest: 'bbbbbbbbbbbbbbbb' }), { kind: 'mismatch' })
  holding.letGo({ ...mark('a'), token: 'other' })
  assert.deepEqual(holding.find(mark('a')), { kind: 'running' })
  holding.letGo(mark('a'))
  assert.equal(holding.find(mark('a')), undefined)
})

test('what was let go is renewed no more', async (t) => {
  const { marks, holding, seen } = holdingOf(t)
  const held = mark('a')
  await marks.open([held])
  holding.undecided(held)
  holding.letGo(held)
  marks.nowMs += leaseMs
  await holding.sweep()
  assert.deepEqual(await seen('a'), { kind: 'taken-over', token: 'mine' })
})

test('a quick publish is never renewed', async (t) => {
  const { marks, holding } = holdingOf(t)
  holding.undecided(mark('a'))
  await holding.sweep()
  assert.deepEqual(marks.calls, [])
})

test('an answer that Redis did not take is written when it takes answers again', async (t) => {
  const { marks, state, holding, seen } = holdingOf(t)
  holding.unwritten(mark('a'), '3 1042')
  state.isUsable = false
  await holding.sweep()
  state.isUsable = true
  marks.mood = 'refuse'
  await holding.sweep()
  marks.mood = 'well'
  await holding.sweep()
  assert.deepEqual(await seen('a'), { kind: 'done', answer: '3 1042' })
  const calls = marks.calls.length
  await holding.sweep()
  assert.equal(marks.calls.length, calls)
})

test('it does not keep answers beyond their window, nor more than memory allows', async (t) => {
  const { marks, state, holding } = holdingOf(t)
  holding.unwritten(mark('old'), '3 1')
  marks.nowMs += windowMs + 1
  await holding.sweep()
  assert.deepEqual(marks.calls, [])
  for (let index = 0; index < 10_001; index += 1) holding.unwritten(mark(`a${index}`), '3 1')
  assert.equal(state.missed, 1)
})
