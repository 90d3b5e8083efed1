import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appends, foreign, pairUnderTest, record } from './pair-under-test.ts'

test('after a success the next of the key is tried at once, and a done record closes the park', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  assert.equal(one.commit()?.retryOffset, 1)
  one.at(1_100)
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'delivered')), ['done 0'])
  assert.deepEqual(one.offer(), [1])
  assert.equal(one.commit(), undefined, 'nothing is closed before the done record is read')
  one.settle()
  assert.equal(one.commit()?.retryOffset, 2)
  one.answer(1, 'delivered')
  one.settle()
  assert.equal(one.commit()?.retryOffset, one.retry.length)
  assert.equal(one.pair.table.deliveries.size, 0)
})

test('a done record may be sent before the park was read back', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.land()
  one.at(1_100)
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'delivered')), ['done 0'])
  one.land()
  assert.equal(one.commit()?.retryOffset, 1)
  one.readRetry()
  assert.deepEqual(one.offer(), [1])
  assert.equal(one.commit()?.retryOffset, 2)
})

test('a done record of another owner ends what is parked, and lets what is attempted end with its answer', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)), foreign.park(record(1, 'b')))
  one.start()
  one.at(1_100)
  assert.deepEqual(one.offer().sort(), [0, 1])
  one.answer(0, 'failed')
  one.put(foreign.done(record(0)), foreign.done(record(1, 'b')))
  one.readRetry()
  assert.equal(one.state(0), undefined)
  assert.equal(one.state(1), 'attempting')
  assert.deepEqual(one.answer(1, 'failed'), [])
  assert.equal(one.state(1), undefined)
  assert.equal(one.commit()?.retryOffset, one.retry.length)
})

test('a done record closes no park behind it, and means nothing to a delivery without one', () => {
  const one = pairUnderTest()
  one.put(foreign.done(record(0)), foreign.park(record(0)))
  one.start()
  assert.equal(one.state(0), 'parked')
  one.read(record(1, 'b'))
  one.put(foreign.done(record(1, 'b')))
  one.readRetry()
  assert.deepEqual(one.offer(), [1])
})

test('a done record of another owner ends what is being parked, once its own park is acknowledged', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  const [append] = one.lane.splice(0)
  if (append !== undefined) one.put(append.record, foreign.done(record(0)))
  one.readRetry()
  assert.equal(one.state(0), 'parking')
  const ref = { kind: 'park', offset: 0, timestampMs: 0 } as const
  assert.deepEqual(one.apply({ kind: 'appended', token: 'own', ref, offset: 1 }), [])
  assert.equal(one.state(0), undefined)
  assert.equal(one.commit()?.offset, 1)
})

test('a done record closes what stands before it; an own park that is not read yet may stand behind', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.start()
  one.read(record(0), record(1, 'b'))
  one.offer()
  one.answer(1, 'failed')
  one.land()
  const ahead = { ...foreign.park(record(1, 'b')), topic: 'r', partition: 0, timestampMs: 0 }
  const done = { ...foreign.done(record(1, 'b')), topic: 'r', partition: 0, timestampMs: 0 }
  const records = [
    { ...ahead, offset: 2 },
    { ...done, offset: 3 },
  ]
  one.apply({ kind: 'records', of: 'retry', fetchedFrom: 2, records })
  assert.equal(one.state(1), 'parked')
})

test('a done record means nothing to an attempt of a delivery that has no park', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.put(foreign.done(record(0)))
  one.readRetry()
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0'])
})
