import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { DroppedRules } from '../../../../services/consumer/pair/rules.ts'
import { commitAt, foreign, pairUnderTest, record } from './pair-under-test.ts'

const committedBy = (token: string) => commitAt(0, encodeMetadata({ token, base: 0, runs: [], atMs: 0 }).text)

/** A former owner had parked event 1 and committed nothing; it is delivered here before the stream half comes to it. */
function deliveredEarly(dropped: DroppedRules = {}) {
  const one = pairUnderTest({}, dropped)
  one.put(foreign.park(record(1, 'b')))
  one.start()
  one.at(1_100)
  assert.deepEqual(one.offer(), [1])
  one.answer(1, 'delivered')
  one.settle()
  assert.equal(one.pair.table.deliveries.size, 0)
  return one
}

test('what ended before the stream half came to it is not delivered again', () => {
  const one = deliveredEarly()
  one.read(record(0), record(1, 'b'))
  assert.deepEqual(one.offer(), [0])
  assert.equal(one.pair.suppressed, 1)
})

test('with the rule dropped it is', () => {
  const one = deliveredEarly({ forgetEarlyEnds: true })
  one.read(record(0), record(1, 'b'))
  assert.deepEqual(one.offer().sort(), [0, 1])
})

test('its done record is not committed past before the stream half has passed it: the next owner needs it too', () => {
  const one = deliveredEarly()
  const done = one.retry.length - 1
  assert.equal(one.commit()?.retryOffset, done)
  one.read(record(0), record(1, 'b'))
  assert.equal(one.commit()?.retryOffset, one.retry.length)
})

test('a position that moves over it needs it no more', () => {
  const one = deliveredEarly()
  one.apply({ kind: 'log-start', of: 'stream', offset: 5 })
  assert.equal(one.pair.table.earlyEnds.size, 0)
  assert.equal(one.commit()?.retryOffset, one.retry.length)
})

test('a park that a former owner wrote late of it is closed at once', () => {
  const one = deliveredEarly()
  one.put(foreign.park(record(1, 'b')))
  one.readRetry()
  assert.deepEqual(one.offer(), [])
  assert.equal(one.lane.length, 1)
})

const owners = [
  { name: 'the one that committed last counts', committed: committedBy('other'), again: [] },
  {
    name: 'an older one does not: the position may have been moved since',
    committed: committedBy('third'),
    again: [1],
  },
  { name: 'none counts when the commit names nobody', committed: commitAt(0), again: [1] },
]

for (const { name, committed, again } of owners) {
  test(`of done records that former owners left, ${name}`, () => {
    const one = pairUnderTest()
    one.put(foreign.park(record(1)), foreign.done(record(1)))
    one.start({ committed })
    one.read(record(1))
    assert.deepEqual(one.offer(), again)
  })
}

test('an event of a new topic under the same name is another one, and lets go of the done record', () => {
  const one = deliveredEarly()
  one.read(record(0), { ...record(1, 'b'), timestampMs: 7 })
  assert.deepEqual(one.offer().sort(), [0, 1])
  assert.equal(one.pair.table.earlyEnds.size, 0)
})

test('an offset that the stream did not have yet is not waited for', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(5)))
  one.start({ log: { low: 0, high: 3 } })
  one.at(1_100)
  one.offer()
  one.answer(5, 'delivered')
  one.settle()
  assert.equal(one.commit()?.retryOffset, one.retry.length)
})
