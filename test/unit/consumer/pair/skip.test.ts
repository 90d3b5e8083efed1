import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appends, commitAt, foreign, pairUnderTest, record } from './pair-under-test.ts'

const skipping = { whileBlocked: 'skip' } as const

test('a key goes on without what failed, which comes again at its time', () => {
  const one = pairUnderTest(skipping)
  one.start()
  one.read(record(0), record(1), record(2))
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0'], 'nothing is parked for standing behind it')
  assert.deepEqual(one.offer(), [1], 'also while its park is under way')
  one.answer(1, 'delivered')
  one.settle()
  assert.deepEqual(one.offer(), [2])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0], 'also while its key is busy')
  one.answer(0, 'delivered')
  one.answer(2, 'delivered')
  one.settle()
  assert.deepEqual([one.pair.table.deliveries.size, one.pair.table.queues.size], [0, 0])
})

test('one delivery of a key at a time, in order, whatever failed before', () => {
  const one = pairUnderTest(skipping)
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  one.answer(0, 'failed')
  assert.deepEqual(one.offer(), [1])
  assert.deepEqual(one.offer(), [])
  one.answer(1, 'failed')
  assert.deepEqual(one.offer(), [2])
})

test('what failed again is due at its next point, still aside', () => {
  const one = pairUnderTest(skipping)
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(appends(one.answer(0, 'failed')), [])
  one.read(record(1))
  assert.deepEqual(one.offer(), [1])
  one.at(3_300)
  assert.deepEqual(one.offer(), [0])
})

test('with one queue for the partition, the partition goes on', () => {
  const one = pairUnderTest({ ...skipping, ordering: 'partition' })
  one.start()
  one.read(record(0, 'a'), record(1, 'b'))
  assert.deepEqual(one.offer(), [0])
  one.answer(0, 'failed')
  assert.deepEqual(one.offer(), [1])
})

test('the stream offset is finished by the acknowledged park, and not before', () => {
  const one = pairUnderTest(skipping)
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.offer()
  one.answer(1, 'delivered')
  assert.equal(one.commit()?.offset, 0)
  one.land()
  assert.equal(one.commit()?.offset, 2)
})

test('another owner finds what failed aside, and what waited behind a head in the queue of its key', () => {
  const one = pairUnderTest(skipping)
  one.put(foreign.park(record(0)), foreign.park(record(1), 0), foreign.park(record(2), 0))
  one.start({ committed: commitAt(3) })
  one.read(record(3))
  assert.deepEqual(one.offer(), [1], 'the head of the key; what stands behind it waits its turn')
  one.answer(1, 'failed')
  assert.deepEqual(one.offer(), [2])
  one.answer(2, 'delivered')
  assert.deepEqual(one.offer(), [3])
  one.at(1_100)
  assert.deepEqual(one.offer().sort(), [0, 1])
})

test('a long queue never buries its head: nothing waits for it', () => {
  const one = pairUnderTest({ ...skipping, waiting: { perKey: 1 } })
  one.put(foreign.park(record(0), 0), foreign.park(record(1), 0), foreign.park(record(2), 0))
  assert.deepEqual(
    one.start({ committed: commitAt(3) }).filter(({ kind }) => kind === 'append-dead-letter'),
    [],
  )
  assert.deepEqual(one.offer(), [0])
})

test('from wait to skip with a backlog: the epoch begins anew, the head stays aside, the others are due in order', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, ...skipping } })
  assert.equal(one.pair.phase, 'loading')
  one.assign({ committed: commitAt(3) })
  one.settle()
  assert.deepEqual(one.offer(), [1])
  one.answer(1, 'delivered')
  assert.deepEqual(one.offer(), [2])
})

test('from skip to wait with a backlog: what was aside is the head of its key again', () => {
  const one = pairUnderTest(skipping)
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.offer()
  one.answer(1, 'delivered')
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, whileBlocked: 'wait' } })
  one.assign({ committed: commitAt(2) })
  one.settle()
  assert.deepEqual(appends(one.read(record(2))), ['park 2'])
  assert.deepEqual(one.offer(), [])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
})
