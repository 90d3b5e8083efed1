import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { Delivery } from '../../../../services/consumer/pair/deliveries.ts'
import type { PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { appends, flowOf, foreign, kinds, pairUnderTest, record } from './pair-under-test.ts'

test('one attempt per key, keys in parallel, the next one after the answer', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, null), record(4, null))
  assert.deepEqual(one.offer(), [0, 2, 3, 4])
  assert.deepEqual(one.offer(), [])
  one.answer(0, 'delivered')
  assert.deepEqual(one.offer(), [1])
})

test('ordering partition attempts one event at a time, ordering none all of them', () => {
  const [strict, loose] = [pairUnderTest({ ordering: 'partition' }), pairUnderTest({ ordering: 'none' })]
  for (const one of [strict, loose]) {
    one.start()
    one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  }
  assert.deepEqual(strict.offer(), [0])
  assert.deepEqual(loose.offer(), [0, 1, 2])
})

test('commits the lowest unfinished offset and what is finished above it, only when something changed', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.commit()
  assert.equal(one.commit(), undefined)
  one.offer()
  one.answer(1, 'delivered')
  const { text } = encodeMetadata({ token: 'own', base: 0, runs: [{ start: 1, length: 1 }], atMs: 0 })
  const expected = { kind: 'commit', token: 'own', offset: 0, metadata: text, truncated: false, retryOffset: 1 }
  assert.deepEqual(one.commit(), expected)
  assert.deepEqual(one.apply({ kind: 'commit-due', forced: true }), [expected])
  one.apply({ kind: 'commit-failed', token: 'own' })
  assert.deepEqual(one.commit(), expected)
  one.answer(0, 'delivered')
  assert.equal(one.commit()?.offset, 2)
})

test('a refused event is finished only when its dead letter is acknowledged', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'))
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'refused')), ['dead-letter 0'])
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit()?.offset, 0)
  one.acknowledgeDeadLetter(0)
  assert.equal(one.commit()?.offset, 1)
  assert.deepEqual(one.offer(), [1])
})

test('a record that is no event goes to the dead letters and holds up nobody', () => {
  const one = pairUnderTest()
  one.start()
  const [append] = one.read(record(0, 'a', null), record(1, 'a'))
  assert.equal(append?.kind === 'append-dead-letter' && append.cause, 'malformed-record')
  assert.deepEqual(one.offer(), [1])
  one.answer(1, 'delivered')
  assert.equal(one.commit()?.offset, 0)
  one.acknowledgeDeadLetter(0)
  assert.equal(one.commit()?.offset, 2)
})

test('a record that is filtered out is finished as it is read', () => {
  const one = pairUnderTest({ judge: ({ offset }) => (offset < 2 ? 'filtered' : 'deliver') })
  one.start()
  one.read(record(0), record(1), record(2))
  assert.equal(one.commit()?.offset, 2)
})

test('another filter counts for what is queued, before anything else is attempted; what was tried stays', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, 'a'), record(4, 'c'), record(5, 'b'))
  assert.deepEqual(one.offer(1), [0])
  const policy: PairPolicy = { ...one.pair.policy, judge: ({ offset }) => (offset < 3 ? 'filtered' : 'deliver') }
  one.apply({ kind: 'policy', policy })
  assert.deepEqual(one.offer(), [], 'not before all of it is judged')
  one.apply({ kind: 'judge-again', most: 2 })
  assert.deepEqual(one.offer(), [])
  one.apply({ kind: 'judge-again', most: 100 })
  assert.deepEqual(one.offer().sort(), [4, 5])
  one.answer(0, 'delivered')
  assert.deepEqual(one.offer(), [3], 'the next of its key that passes')
  for (const offset of [3, 4, 5]) one.answer(offset, 'delivered')
  assert.equal(one.commit()?.offset, 6)
  assert.equal(one.pair.table.count.waiting, 0)
})

test('another filter does not touch what waits in the retry half, and a late park of what was filtered out is closed', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  one.offer(1)
  one.answer(0, 'failed')
  one.settle()
  const policy: PairPolicy = { ...one.pair.policy, judge: () => 'filtered' }
  one.apply({ kind: 'policy', policy })
  one.apply({ kind: 'judge-again', most: 100 })
  assert.deepEqual([0, 1, 2].map(one.state), ['parked', 'parked', undefined])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
  one.put(foreign.park(record(2, 'b')))
  assert.deepEqual(appends(one.readRetry()), ['done 2'])
})

test('a failed event is parked, blocks only its key, and is tried again at its point', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0', 'park 1'])
  one.answer(2, 'delivered')
  one.settle()
  one.at(999)
  assert.deepEqual(one.offer(), [])
  one.at(1_100)
  assert.deepEqual(one.offer(), [0])
})

test('while it holds only probes start, each of another key while there is one, and no clock runs', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'a'))
  one.apply({ kind: 'hold' })
  assert.deepEqual(one.offer(), [])
  const probed = [1, 2, 3].map(() => {
    const [offset = -1] = one.probe()
    assert.deepEqual(one.answer(offset, 'unproven'), [])
    return offset
  })
  assert.deepEqual(probed, [0, 1, 0])
  assert.equal(one.pair.table.deliveries.get(0)?.clock, null)
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [1, 0])
})

test('probes take turns between the halves, and a parked head will do when nothing else is there', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'))
  one.offer(1)
  one.answer(0, 'failed')
  one.settle()
  one.apply({ kind: 'hold' })
  assert.deepEqual(one.probe(), [1])
  one.answer(1, 'delivered')
  assert.deepEqual(one.probe(), [0], 'not due, but the only one')
  one.answer(0, 'unproven')
  one.read(record(2, 'c'))
  assert.deepEqual(one.probe(), [2])
  one.answer(2, 'unproven')
  assert.deepEqual(one.probe(), [0])
})

test('an answer while all breakers are open leaves a parked head parked, and burns nothing', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.at(1_200)
  one.offer()
  one.apply({ kind: 'hold' })
  assert.deepEqual(one.answer(0, 'unproven'), [])
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [0])
})

for (const isParked of [false, true]) {
  test(`what was not sent after all is the next of its key again, ${isParked ? 'parked' : 'queued'} as before, and leaves no trace`, () => {
    const one = pairUnderTest()
    one.start()
    one.read(record(0, 'a'), record(1, 'a'))
    one.offer()
    if (isParked) {
      one.answer(0, 'failed')
      one.settle()
      one.at(1_200)
      one.offer()
    }
    one.commit()
    const before = timesOf(one.pair.table.deliveries.get(0))
    assert.deepEqual(one.answer(0, 'not-sent'), [], 'nothing is parked, appended or buried')
    assert.equal(one.state(0), isParked ? 'parked' : 'queued')
    assert.deepEqual([one.state(1), one.commit()?.offset], [isParked ? 'parked' : 'queued', undefined])
    assert.deepEqual(timesOf(one.pair.table.deliveries.get(0)), before)
    assert.deepEqual(one.offer(), [0])
  })
}

test('a hold that was on before the load is on after it', () => {
  const one = pairUnderTest()
  one.apply({ kind: 'hold' })
  one.start()
  assert.equal(one.pair.phase, 'holding')
  one.apply({ kind: 'release' })
  assert.equal(one.pair.phase, 'running')
})

test('when a hold ends everything that waited for its point is due', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.apply({ kind: 'hold' })
  one.apply({ kind: 'release' })
  assert.deepEqual(one.offer(), [0])
})

test('pauses the stream half above the bounds of the inbox and resumes it below half of them', () => {
  const one = pairUnderTest({ inbox: { events: 4, bytes: 1_000_000 } })
  one.start()
  const effects = one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'), record(3, 'd'), record(4, 'e'))
  assert.deepEqual(effects, [{ kind: 'pause', of: 'stream' }])
  one.offer()
  assert.deepEqual(flowOf(one.answer(0, 'delivered'), 'stream'), [])
  assert.deepEqual(flowOf(one.answer(1, 'delivered'), 'stream'), [])
  assert.deepEqual(flowOf(one.answer(2, 'delivered'), 'stream'), ['resume'])
})

test('parked events leave the inbox: a failing key does not pause the others', () => {
  const one = pairUnderTest({ inbox: { events: 4, bytes: 1_000_000 } })
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'a'))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  assert.deepEqual(kinds(one.read(record(3, 'b'), record(4, 'b'), record(5, 'b'))), [])
})

test('of the slots that are offered, parked heads take no more than their share', () => {
  const one = pairUnderTest()
  one.start()
  one.read(...[0, 1, 2].map((offset) => record(offset, `k${offset}`)))
  one.offer()
  for (const offset of [0, 1, 2]) one.answer(offset, 'failed')
  one.settle()
  one.at(1_500)
  one.read(...[3, 4, 5].map((offset) => record(offset, `k${offset}`)))
  assert.deepEqual(
    one.offer(3, 1).map((offset) => offset < 3),
    [true, false, false],
  )
  assert.equal(one.offer(9, 9).length, 3)
})

const timesOf = (delivery: Delivery | undefined) =>
  [delivery?.attempts, delivery?.firstAttemptAtMs, delivery?.lastAttemptAtMs, delivery?.clock] as const
