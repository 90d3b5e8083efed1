import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSettled, nextDueMs, readyIn, viewOf } from '../../../../services/consumer/pair/view.ts'
import { pairUnderTest, record } from './pair-under-test.ts'

test('a pair in numbers: what is under way, what waits, which keys are blocked', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, 'c'))
  assert.deepEqual(readyIn(one.pair), { stream: 3, retry: 0 })
  one.offer(2)
  const untried = { attempts: 0, firstAttemptAtMs: null }
  assert.deepEqual(viewOf(one.pair), {
    ...{ committed: null, inFlight: 2, queued: 2, blockedKeys: 0, retrying: 0 },
    delivering: [
      { offset: 0, ...untried },
      { offset: 2, ...untried },
    ],
  })
  assert.equal(isSettled(one.pair), true)
  one.answer(0, 'failed')
  one.answer(2, 'delivered')
  assert.equal(isSettled(one.pair), false, 'parks are on their way')
  one.settle()
  assert.equal(isSettled(one.pair), true)
  one.apply({ kind: 'committed', token: 'own', offset: 3, retryOffset: 1 })
  assert.deepEqual(viewOf(one.pair), {
    ...{ committed: 3, inFlight: 0, queued: 3, blockedKeys: 1, retrying: 1, delivering: [] },
  })
  const dueMs = nextDueMs(one.pair)
  assert.ok(dueMs >= 1_000 && dueMs < 1_100)
  one.at(dueMs)
  assert.deepEqual(readyIn(one.pair), { stream: 1, retry: 1 })
  one.apply({ kind: 'hold' })
  assert.deepEqual(readyIn(one.pair), { stream: 0, retry: 0 })
})

test('of many that are under way only some are named', () => {
  const one = pairUnderTest()
  one.start()
  one.read(...Array.from({ length: 70 }, (_, offset) => record(offset, `key ${offset}`)))
  one.offer(70)
  const { inFlight, delivering } = viewOf(one.pair)
  assert.deepEqual([inFlight, delivering.length], [70, 64])
})
