import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '../../../../services/consumer/pair/commit-metadata.ts'
import { pairUnderTest, record } from './pair-under-test.ts'

test('one attempt per key, keys in parallel, the next one after the answer', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, null), record(4, null))
  assert.deepEqual(one.offer(), [0, 2, 3, 4])
  assert.deepEqual(one.offer(), [])
  one.answer(0, 'delivered')
  assert.deepEqual(one.offer(), [1])
})

test('ordering partition attempts one event at a time, ordering none all of them', () => {
  const [strict, loose] = [pairUnderTest({ ordering: 'partition' }), pairUnderTest({ ordering: 'none' })]
  for (const one of [strict, loose]) {
    one.assign()
    one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  }
  assert.deepEqual(strict.offer(), [0])
  assert.deepEqual(loose.offer(), [0, 1, 2])
})

test('commits the lowest unfinished offset and what is finished above it', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.commit()
  assert.equal(one.commit(), undefined)
  one.offer()
  one.answer(1, 'delivered')
  const { text } = encodeMetadata('own', 0, [{ start: 1, length: 1 }])
  assert.deepEqual(one.commit(), { kind: 'commit', offset: 0, metadata: text, truncated: false })
  one.answer(0, 'delivered')
  assert.equal(one.commit()?.offset, 2)
})

test('a refused event is finished only when its dead letter is acknowledged', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'a'))
  one.offer()
  const [append] = one.answer(0, 'refused')
  assert.equal(append?.kind, 'append-dead-letter')
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit()?.offset, 0)
  one.apply({ kind: 'appended', token: 'own', offset: 0 })
  assert.equal(one.commit()?.offset, 1)
  assert.deepEqual(one.offer(), [1])
})

test('a record without a value goes to the dead letters and holds up nobody', () => {
  const one = pairUnderTest()
  one.assign()
  const [append] = one.read(record(0, 'a', null), record(1, 'a'))
  assert.equal(append?.kind === 'append-dead-letter' && append.cause, 'malformed-record')
  assert.deepEqual(one.offer(), [1])
  one.answer(1, 'delivered')
  assert.equal(one.commit()?.offset, 0)
  one.apply({ kind: 'appended', token: 'own', offset: 0 })
  assert.equal(one.commit()?.offset, 2)
})

test('a failed event waits for its point and blocks only its key', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  one.offer()
  one.answer(0, 'failed')
  one.answer(2, 'delivered')
  one.at(999)
  one.apply({ kind: 'tick' })
  assert.deepEqual(one.offer(), [])
  one.at(1_100)
  one.apply({ kind: 'tick' })
  assert.deepEqual(one.offer(), [0])
})

test('events that waited behind a head that was given up inherit its clock; a success clears it', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'a'), record(3, 'a'))
  one.offer()
  one.answer(0, 'failed')
  one.at(11_000)
  one.apply({ kind: 'tick' })
  one.offer()
  assert.equal(one.answer(0, 'failed')[0]?.kind, 'append-dead-letter')
  one.apply({ kind: 'appended', token: 'own', offset: 0 })
  one.offer()
  assert.equal(one.answer(1, 'failed')[0]?.kind, 'append-dead-letter')
  one.apply({ kind: 'appended', token: 'own', offset: 1 })
  one.offer()
  one.answer(2, 'delivered')
  one.offer()
  assert.deepEqual(one.answer(3, 'failed'), [])
})

test('while it holds only probes start, each of another key while there is one, and no clock runs', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'a'))
  one.apply({ kind: 'hold' })
  assert.deepEqual(one.offer(), [])
  const probed = [1, 2, 3].map(() => {
    const [offset = -1] = one.probe()
    one.answer(offset, 'unproven')
    return offset
  })
  assert.deepEqual(probed, [0, 1, 0])
  assert.equal(one.pair.deliveries.get(0)?.clockMs, null)
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [1, 0])
})

test('when a hold ends everything that waited for its point is due', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'))
  one.offer()
  one.answer(0, 'failed')
  one.apply({ kind: 'hold' })
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [0])
})

test('pauses above its bounds and resumes below half of them', () => {
  const one = pairUnderTest({ inbox: { events: 4, bytes: 1_000_000 } })
  one.assign()
  const effects = one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'), record(3, 'd'), record(4, 'e'))
  assert.deepEqual(effects, [{ kind: 'pause' }])
  one.offer()
  assert.deepEqual(one.answer(0, 'delivered'), [])
  assert.deepEqual(one.answer(1, 'delivered'), [])
  assert.deepEqual(one.answer(2, 'delivered'), [{ kind: 'resume' }])
})

test('draining starts nothing and leaves a failure unfinished', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.offer(2)
  one.apply({ kind: 'drain' })
  one.answer(0, 'delivered')
  one.answer(1, 'failed')
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit()?.offset, 1)
})
