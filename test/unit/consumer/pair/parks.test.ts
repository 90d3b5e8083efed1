import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { appends, commitAt, foreign, pairUnderTest, record } from './pair-under-test.ts'

test('a park carries the event, its own headers, its source and why it waits', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(3, 'a', 'value'))
  one.offer()
  one.answer(3, 'failed')
  assert.deepEqual(one.lane[0]?.record, {
    key: Buffer.from('a'),
    value: Buffer.from('value'),
    headers: {
      own: 'header',
      tailrace_kind: 'park',
      tailrace_source: 's/0/3@0',
      tailrace_owner: 'own',
      tailrace_cause: 'status-500',
      tailrace_attempts: '1',
      tailrace_first_attempt: '1970-01-01T00:00:00.000Z',
    },
  })
})

test('an offset is finished when the park is acknowledged, not when it is sent', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  assert.equal(one.commit()?.offset, 0)
  one.land()
  assert.equal(one.commit()?.offset, 1)
})

test('what waits behind a failing head is parked in order with its clock, and so is what arrives later', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0', 'park 1', 'park 2'])
  one.settle()
  one.at(500)
  assert.deepEqual(appends(one.read(record(3))), ['park 3'])
  const clocks = [...one.retry, ...one.lane.map((append) => append.record)].map(({ headers }) => headers.tailrace_clock)
  assert.deepEqual(clocks.slice(1), [undefined, '0', '0', '0'])
  assert.deepEqual(one.offer(), [])
})

test('no attempt of a queue starts while an append of it is under way', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.at(5_000)
  assert.deepEqual(one.offer(), [])
  one.land()
  assert.deepEqual(one.offer(), [0])
})

test('a park that an earlier owner wrote is found again: adopted, not parked twice', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.start()
  const effects = one.read(record(0), record(1))
  assert.deepEqual(appends(effects), ['park 1'])
  const adopted = effects.flatMap((effect) => (effect.kind === 'adopted' ? [effect.delivery.offset] : []))
  assert.deepEqual(adopted, [0], 'its former owner may not have told that it waits')
  assert.equal(one.commit()?.offset, 1, 'the offset of the adopted one is finished by reading it')
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
  assert.equal(one.pair.table.deliveries.get(0)?.attempts, 3)
})

test('a park of a former topic of the same name is another delivery', () => {
  const one = pairUnderTest()
  one.put(foreign.park({ ...record(0, 'a', 'old'), timestampMs: -5 }))
  one.start()
  one.read(record(0, 'b', 'new'))
  assert.deepEqual(one.offer(), [0])
  one.answer(0, 'delivered')
  assert.equal(one.commit()?.offset, 1)
  assert.equal(one.pair.table.deliveries.get(0)?.timestampMs, -5)
})

test('a late park of another owner makes the event durable: its offset is finished, what is behind it is parked', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.put(foreign.park(record(0)))
  assert.deepEqual(appends(one.readRetry()), ['park 1'])
  assert.equal(one.commit()?.offset, 1)
  assert.deepEqual(one.offer(), [0])
  assert.deepEqual(appends(one.answer(0, 'delivered')), ['done 0'])
})

test('a late park of an event that ended here is closed at once', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'delivered')
  one.put(foreign.park(record(0)))
  assert.deepEqual(appends(one.readRetry()), ['done 0'])
  assert.equal(one.commit()?.retryOffset, 1)
  one.settle()
  assert.equal(one.commit()?.retryOffset, 3)
  assert.deepEqual(one.offer(), [])
})

test('a late park of an event that only an earlier owner knew is taken in, before everything later of its key', () => {
  const one = pairUnderTest()
  one.start({ committed: commitAt(5) })
  one.read(record(5), record(6))
  one.put(foreign.park(record(2)))
  assert.deepEqual(appends(one.readRetry()), ['park 5', 'park 6'])
  assert.deepEqual(one.offer(), [])
  one.at(1_100)
  assert.deepEqual(one.offer(), [2])
})

test('an event that comes before one under attempt waits for its answer', () => {
  const one = pairUnderTest()
  one.start({ committed: commitAt(5) })
  one.read(record(5))
  one.offer()
  one.put(foreign.park(record(2), 0))
  one.readRetry()
  assert.deepEqual(one.offer(), [])
  assert.deepEqual(appends(one.answer(5, 'failed')), ['park 5'])
  assert.deepEqual(one.offer(), [2])
})

test('a late park of what an earlier owner finished is taken in: that owner may have meant this very park', () => {
  const one = pairUnderTest()
  const { text } = encodeMetadata({ token: 'other', base: 0, runs: [{ start: 1, length: 1 }], atMs: 0 })
  one.start({ committed: commitAt(0, text) })
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.put(foreign.park(record(1, 'b')))
  assert.deepEqual(appends(one.readRetry()), [])
  assert.equal(one.state(1), 'parked')
})

test('nothing is parked behind an attempt that is not parked itself, until it has ended', () => {
  const one = pairUnderTest()
  one.start({ committed: commitAt(5) })
  one.read(record(5), record(6))
  one.offer()
  one.put(foreign.park(record(2)))
  assert.deepEqual(appends(one.readRetry()), [])
  assert.deepEqual(appends(one.answer(5, 'delivered')), ['park 6'])
})

test('a park that the broker will never take becomes a dead letter', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  const ref = { kind: 'park', offset: 0, timestampMs: 0 } as const
  const effects = one.apply({ kind: 'append-refused', token: 'own', ref, detail: 'too large' })
  assert.deepEqual(appends(effects), ['dead-letter 0'])
  one.acknowledgeDeadLetter(0)
  assert.equal(one.commit()?.offset, 1)
})

test('a follower whose park is refused is not parked again; it is buried when its turn comes', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  const [first] = one.lane.splice(0)
  const ref = { kind: 'park', offset: 1, timestampMs: 0 } as const
  if (first !== undefined) one.lane.push(first)
  assert.deepEqual(one.apply({ kind: 'append-refused', token: 'own', ref, detail: 'too large' }), [])
  one.settle()
  assert.deepEqual(appends(one.read(record(2))), [])
  one.at(1_100)
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'delivered')), ['done 0', 'dead-letter 1'])
  one.acknowledgeDeadLetter(1)
  assert.deepEqual(one.offer(), [2])
})

test('a record of a kind that nobody knows yet is reported and passed over', () => {
  const one = pairUnderTest()
  one.put({ key: null, value: null, headers: { tailrace_kind: 'novelty' } })
  const reported = one.start().filter(({ kind }) => kind === 'report-unreadable')
  assert.deepEqual(reported, [{ kind: 'report-unreadable', offset: 0, detail: 'a record of kind novelty' }])
  assert.equal(one.pair.phase, 'running')
})
