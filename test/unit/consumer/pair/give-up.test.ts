import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appends, foreign, pairUnderTest, record } from './pair-under-test.ts'

const causes = (effects: readonly object[]): unknown[] =>
  effects.flatMap((effect) => ('cause' in effect ? [effect.cause] : []))

/** Parks event 0, with events 1 to 3 of its key behind it, at time 0. */
function failing() {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1), record(2), record(3))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  return one
}

test('gives up on the first failure after its time, once the dead letter is acknowledged', () => {
  const one = failing()
  one.at(11_000)
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(causes(one.answer(0, 'failed')), ['exhausted'])
  assert.deepEqual(one.offer(), [])
  assert.deepEqual(appends(one.acknowledgeDeadLetter(0)), ['done 0'])
  assert.deepEqual(one.offer(), [1])
})

test('a key whose events all fail gives up once, not once per event', () => {
  const one = failing()
  one.at(11_000)
  for (const offset of [0, 1, 2]) {
    assert.deepEqual(one.offer(), [offset])
    assert.deepEqual(causes(one.answer(offset, 'failed')), ['exhausted'])
    one.acknowledgeDeadLetter(offset)
  }
})

test('a success of the key clears the clocks that were inherited', () => {
  const one = failing()
  one.at(11_000)
  one.offer()
  one.answer(0, 'delivered')
  assert.deepEqual(one.offer(), [1])
  assert.deepEqual(causes(one.answer(1, 'failed')), [])
  assert.equal(one.state(1), 'parked')
})

test('inherited clocks outlive a takeover in the records', () => {
  const one = pairUnderTest()
  one.at(20_000)
  one.put(foreign.park(record(1), 0), foreign.park(record(2), 0))
  one.start()
  one.at(31_000)
  assert.deepEqual(one.offer(), [1])
  assert.deepEqual(causes(one.answer(1, 'failed')), ['exhausted'])
})

test('an owner gives nothing up before it has worked for the give-up time itself', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.at(30_000)
  one.start()
  one.at(39_000)
  one.offer()
  assert.deepEqual(one.answer(0, 'failed'), [])
  one.at(43_000)
  one.offer()
  assert.deepEqual(causes(one.answer(0, 'failed')), ['exhausted'])
})

test('the time of a hold does not count: after an outage nothing is given up by its first failure', () => {
  const one = failing()
  one.apply({ kind: 'hold' })
  one.at(30_000)
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(causes(one.answer(0, 'failed')), [])
  one.at(45_000)
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(causes(one.answer(0, 'failed')), ['exhausted'])
})

test('the wall clock is read once per load: a later jump moves nothing, and no age is negative', () => {
  const one = pairUnderTest()
  one.at(100)
  one.put(foreign.park(record(0)))
  one.join()
  one.assign({ wallMs: 50 })
  one.settle()
  assert.equal(one.pair.table.deliveries.get(0)?.clock?.sinceMs, 100)
  assert.equal(Math.floor((one.pair.table.deliveries.get(0)?.dueAtMs ?? 0) / 1_000), 1)
})

test('what failed itself is tried at its next point after a takeover, what only waited at once', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0, 'a')), foreign.park(record(1, 'b'), 0))
  one.at(500)
  one.start()
  assert.deepEqual(one.offer(), [1])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
})

test('a target that asks for time starts the clock; when all must wait the event stays where it is', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  assert.deepEqual(one.answer(0, 'all-wait'), [])
  assert.equal(one.pair.table.deliveries.get(0)?.clock?.sinceMs, 0)
  one.at(600)
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'waits')), ['park 0'])
  assert.equal(one.lane[0]?.record.headers.tailrace_clock, '0')
  one.settle()
  one.at(1_099)
  assert.deepEqual(one.offer(), [])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
})

test('too many events behind one failing head: it goes to the dead letters and the next one is tried', () => {
  const one = pairUnderTest({ waiting: { perKey: 3 } })
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  assert.deepEqual(causes(one.read(record(3))), ['key-backlog'])
  one.acknowledgeDeadLetter(0)
  assert.deepEqual(one.offer(), [1])
})

test('however long the queue is, a head that was never tried is tried first', () => {
  const one = pairUnderTest({ waiting: { perKey: 3 } })
  one.start()
  one.read(record(0), record(1), record(2), record(3), record(4))
  one.offer()
  assert.deepEqual(causes(one.answer(0, 'failed')), [])
  assert.deepEqual(causes(one.settle()), ['key-backlog'])
  one.acknowledgeDeadLetter(0)
  assert.deepEqual(one.offer(), [1])
  assert.deepEqual(causes(one.answer(1, 'failed')), ['key-backlog'])
})

test('while the pair holds, a long queue is nobody’s fault', () => {
  const one = pairUnderTest({ waiting: { perKey: 3 } })
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.apply({ kind: 'hold' })
  assert.deepEqual(causes(one.read(record(3))), [])
  one.settle()
  assert.deepEqual(causes(one.apply({ kind: 'release' })), ['key-backlog'])
})

test('a long queue behind a head that has not failed is only a long queue', () => {
  const one = pairUnderTest({ waiting: { perKey: 1 } })
  one.start()
  assert.deepEqual(causes(one.read(record(0), record(1), record(2))), [])
})

test('the stream half pauses at the bound of the pair, after a warning, and the retry half goes on', () => {
  const one = pairUnderTest({ waiting: { perPair: 5 } })
  one.put(...[0, 1, 2].map((offset) => foreign.park(record(offset))))
  one.start()
  assert.deepEqual(one.read(record(3, 'b')), [{ kind: 'report-waiting', waiting: 4, limit: 5 }])
  assert.deepEqual(one.read(record(4, 'c')), [{ kind: 'pause', of: 'stream' }])
  one.put(foreign.done(record(0)))
  assert.deepEqual(one.readRetry(), [{ kind: 'resume', of: 'stream' }])
})
