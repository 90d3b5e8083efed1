import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { appends, commitAt, foreign, kinds, pairUnderTest, record } from './pair-under-test.ts'

const start = { committed: commitAt(0) }

test('trims below what is committed, at most once a minute', () => {
  const one = pairUnderTest()
  one.start()
  const committed = (retryOffset: number) => one.apply({ kind: 'committed', token: 'own', offset: 0, retryOffset })
  assert.deepEqual(committed(4), [{ kind: 'trim', offset: 4 }])
  one.at(59_000)
  assert.deepEqual(committed(7), [])
  one.at(60_000)
  assert.deepEqual(committed(4), [])
  assert.deepEqual(committed(7), [{ kind: 'trim', offset: 7 }])
})

test('a park that was trimmed away is closed: somebody had committed past it', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)), foreign.park(record(1, 'b')))
  one.start()
  one.apply({ kind: 'log-start', of: 'retry', offset: 1 })
  assert.equal(one.state(0), undefined)
  assert.equal(one.state(1), 'parked')
  assert.equal(one.commit()?.retryOffset, 1)
})

test('an own park that was closed and trimmed before it was read back has ended', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.offer()
  for (const offset of [0, 1]) one.answer(offset, 'failed')
  one.land()
  one.at(1_200)
  assert.deepEqual(one.offer().sort(), [0, 1])
  one.answer(0, 'delivered')
  one.answer(2, 'failed')
  assert.deepEqual(
    one.lane.map(({ ref }) => ref.kind),
    ['done', 'park'],
  )
  one.apply({ kind: 'log-start', of: 'retry', offset: 8 })
  assert.equal(one.state(0), undefined, 'it was only waiting for its done record')
  assert.deepEqual(one.answer(1, 'failed'), [])
  assert.equal(one.state(1), undefined)
  one.land()
  assert.equal(one.state(2), undefined, 'its park landed below what the log begins with')
  assert.equal(one.commit()?.offset, 3)
})

test('records that a fetch passed over were trimmed', () => {
  const one = pairUnderTest()
  one.start({ retry: { committed: 0, log: { low: 0, high: 9 } } })
  const late = { ...foreign.park(record(0)), topic: 'r', partition: 0, offset: 8, timestampMs: 0 }
  one.apply({ kind: 'records', of: 'retry', fetchedFrom: 1, records: [late] })
  assert.equal(one.state(0), 'parked')
  assert.equal(one.commit()?.retryOffset, 8)
})

test('what is missing when values are read again was trimmed, and so it had ended', () => {
  const one = pairUnderTest({ waiting: { valueBytes: 0 } })
  one.put(foreign.park(record(0, 'a')), foreign.park(record(1, 'b')))
  one.start()
  one.at(1_200)
  one.apply({ kind: 'records', of: 'retry', fetchedFrom: 0, records: one.retry.slice(1) })
  assert.equal(one.state(0), undefined)
  assert.deepEqual(one.offer(), [1])
})

test('a fetch that trimming moved ahead is dropped until the log start is known', () => {
  const one = pairUnderTest()
  one.start()
  const ahead = { ...foreign.park(record(0)), topic: 'r', partition: 0, offset: 8, timestampMs: 0 }
  const input = { kind: 'records', of: 'retry', fetchedFrom: 8, records: [ahead] } as const
  assert.deepEqual(kinds(one.apply(input)), ['seek', 'check-log-start'])
  assert.deepEqual(one.apply({ kind: 'log-start', of: 'retry', offset: 8 }), [{ kind: 'seek', of: 'retry', offset: 8 }])
  one.apply(input)
  assert.equal(one.state(0), 'parked')
})

test('values beyond the budget stay in the retry partition, and are read again when their head is due', () => {
  const one = pairUnderTest({ waiting: { valueBytes: 0 } })
  one.put(foreign.park(record(0, 'a', 'first')), foreign.park(record(1, 'b', 'second')))
  one.start()
  assert.equal(one.pair.table.deliveries.get(0)?.record, null)
  assert.deepEqual(one.at(1_200), [{ kind: 'seek', of: 'retry', offset: 0 }])
  assert.deepEqual(one.offer(), [])
  one.readRetry()
  assert.deepEqual(one.offer(), [0])
  assert.equal(one.pair.table.deliveries.get(0)?.record?.value?.toString(), 'first')
  assert.deepEqual(one.answer(0, 'delivered').at(-1), { kind: 'seek', of: 'retry', offset: 1 })
  one.readRetry()
  assert.deepEqual(one.offer(), [1])
})

test('reading again creates and closes nothing', () => {
  const one = pairUnderTest({ waiting: { valueBytes: 0 } })
  one.put(foreign.park(record(0, 'a')), foreign.park(record(1, 'b')), foreign.done(record(1, 'b')))
  one.start()
  assert.equal(one.state(1), undefined)
  one.at(1_200)
  one.readRetry()
  assert.equal(one.state(1), undefined)
  assert.deepEqual(one.offer(), [0])
})

test('a value that was left is loaded before its event is buried', () => {
  const one = pairUnderTest({ waiting: { valueBytes: 0, perKey: 2 } })
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  assert.deepEqual(appends(one.read(record(2))), ['park 2'])
  assert.deepEqual(appends(one.readRetry()), ['dead-letter 0'])
})

test('what the stream half still holds costs nothing of the budget', () => {
  const one = pairUnderTest({ waiting: { valueBytes: 0 } })
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  assert.equal(one.pair.table.count.retryBytes, 0)
  one.settle()
  assert.equal(one.pair.table.count.retryBytes, 0)
  assert.equal(one.pair.table.deliveries.get(0)?.record, null)
})

test('a new position in place of the committed one: everything begins anew, and what is parked stays', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(3)))
  one.start({ committed: commitAt(10) })
  one.apply({ kind: 'hold' })
  one.join('moved')
  assert.deepEqual(one.read(record(10)), [])
  assert.equal(one.commit(), undefined, 'nothing of before is committed any more')
  one.assign({ committed: commitAt(2) })
  const commit = one.settle().find((effect) => effect.kind === 'commit')
  assert.deepEqual([commit?.token, commit?.offset, commit?.retryOffset], ['moved', 2, 0])
  one.read(record(2), record(3), record(4))
  assert.equal(one.pair.phase, 'holding')
  assert.deepEqual(one.probe(), [2])
  assert.deepEqual(appends(one.answer(2, 'failed')), ['park 2', 'park 4'], 'and 3 is in the retry half')
})

test('a failed pair takes a new position', () => {
  const one = pairUnderTest()
  one.start({ committed: null })
  assert.equal(one.pair.phase, 'failed')
  one.join('moved')
  one.assign({ committed: commitAt(7) })
  const commit = one.settle().find((effect) => effect.kind === 'commit')
  assert.equal(commit?.offset, 7)
})

test('commits no more of the retry half than was read, and never past an open park', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)), foreign.park(record(1, 'b')))
  one.start({ ...start, retry: { committed: 0, log: { low: 0, high: 2 } } })
  one.put(foreign.done(record(1, 'b')))
  assert.equal(
    one.apply({ kind: 'commit-due', forced: true }).find((effect) => effect.kind === 'commit')?.retryOffset,
    0,
  )
  one.put(foreign.done(record(0)))
  one.readRetry()
  assert.equal(one.commit()?.retryOffset, 5)
})

test('a point of the schedule that passed while nobody owned the pair is made up for at once', () => {
  const lastSeen = (atMs: number) => encodeMetadata({ token: 'other', base: 1, runs: [], atMs }).text
  const dueAfter = (seenMs: number) => {
    const one = pairUnderTest()
    one.put(foreign.park(record(0)))
    one.at(5_000)
    one.start({ committed: commitAt(1, lastSeen(seenMs)) })
    one.at(5_000)
    return one.offer()
  }
  assert.deepEqual(dueAfter(2_000), [0], 'the point at 3,000 ms was missed')
  assert.deepEqual(dueAfter(4_900), [], 'the owner before was there at 3,000 ms, and the next point is later')
})

test('an attempt of the schedule is committed, so that the next owner does not take it for missed', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  one.commit()
  one.at(2_000)
  assert.deepEqual(one.offer(), [0])
  assert.equal(one.commit(), undefined, 'nothing else has changed')
  one.answer(0, 'failed')
  assert.match(one.commit()?.metadata ?? '', /;2000$/)
})

test('what an operator wants tried now is due, or the head that it waits behind; nothing else is', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'), record(2, 'b'))
  one.offer()
  for (const offset of [0, 2]) one.answer(offset, 'failed')
  one.settle()
  assert.deepEqual(one.offer(), [], 'all wait for their times')
  one.apply({ kind: 'retry-now', offset: 1 })
  assert.deepEqual(one.offer(), [0])
  one.apply({ kind: 'retry-now', offset: 1 })
  one.apply({ kind: 'retry-now', offset: 99 })
  assert.deepEqual(one.offer(), [], 'it is under way already, and nobody knows the other')
  one.answer(0, 'failed')
  assert.deepEqual(one.offer(), [], 'its next point is where it was')
  one.at(1_200)
  assert.deepEqual(one.offer().sort(), [0, 2])
})
