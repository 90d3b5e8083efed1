import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { Effect } from '../../../../services/consumer/pair/effects.ts'
import { appends, commitAt, flowOf, foreign, kinds, pairUnderTest, record } from './pair-under-test.ts'

test('joining pauses both halves by name and asks for the committed state, nothing else', () => {
  const one = pairUnderTest()
  assert.deepEqual(one.join(), [
    { kind: 'pause', of: 'stream' },
    { kind: 'pause', of: 'retry' },
    { kind: 'load', token: 'own' },
  ])
})

test('the fence is appended once the committed state is here, and the retry half is read from its offset', () => {
  const one = pairUnderTest()
  one.join()
  const effects = one.assign({ retry: { committed: 7, log: { low: 3, high: 20 } } })
  assert.deepEqual(kinds(effects), ['append', 'seek', 'resume'])
  assert.deepEqual(appends(effects), ['fence'])
  assert.deepEqual(effects[1], { kind: 'seek', of: 'retry', offset: 7 })
})

test('the gate: nothing of the stream is taken in or attempted before the own fence was read', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.join()
  one.assign()
  assert.deepEqual(one.read(record(0), record(1)), [])
  one.land()
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit(), undefined)
  const opened = one.readRetry()
  assert.deepEqual(flowOf(opened, 'stream'), ['seek', 'resume'])
  assert.deepEqual(kinds(opened), ['seek', 'resume', 'commit'])
})

test('commits at once when it begins, so that others find the token of this owner', () => {
  const one = pairUnderTest()
  const commit = one.start({ committed: commitAt(5) }).find(({ kind }) => kind === 'commit')
  assert.deepEqual(commit, {
    kind: 'commit',
    token: 'own',
    offset: 5,
    metadata: '1;own;;0',
    truncated: false,
    retryOffset: 1,
  })
})

test('begins at the committed offset and skips what the metadata remembers, and goes on remembering it', () => {
  const one = pairUnderTest()
  const { text } = encodeMetadata({ token: 'other', base: 5, runs: [{ start: 6, length: 2 }], atMs: 0 })
  const effects = one.start({ committed: commitAt(5, text) })
  assert.deepEqual(
    effects.find((effect) => effect.kind === 'commit'),
    {
      kind: 'commit',
      token: 'own',
      offset: 5,
      metadata: text.replace('other', 'own'),
      truncated: false,
      retryOffset: 1,
    },
  )
  one.read(...[5, 6, 7, 8].map((offset) => record(offset, null)))
  assert.deepEqual(one.offer(), [5, 8])
})

test('what was delivered after the last commit is not delivered again, but told, and committed past', () => {
  const one = pairUnderTest()
  const { text } = encodeMetadata({ token: 'other', base: 5, runs: [{ start: 7, length: 1 }], atMs: 0 })
  const delivered = new Map([3, 5, 7, 8].map((offset) => [offset, offset * 10] as const))
  const effects = one.start({ committed: commitAt(5, text), delivered })
  const commit = effects.find((effect) => effect.kind === 'commit')
  assert.equal(commit?.offset, 6)
  const told = one.read(...[5, 6, 7, 8, 9].map((offset) => record(offset, null)))
  assert.deepEqual(
    told.flatMap((effect) => (effect.kind === 'recall' ? [[effect.record.offset, effect.atMs]] : [])),
    [
      [5, 50],
      [8, 80],
    ],
  )
  assert.deepEqual(one.offer(), [6, 9])
})

test('each delivery is told before a commit or a done record can say it', () => {
  const one = pairUnderTest()
  const told = (effects: readonly Effect[]) => effects.filter(({ kind }) => kind === 'delivered')
  one.start()
  one.read(record(0, 'a'), record(1, 'b'))
  one.offer()
  assert.deepEqual(told(one.answer(0, 'delivered')), [{ kind: 'delivered', token: 'own', offset: 0 }])
  assert.deepEqual(told(one.answer(1, 'failed')), [])
  one.settle()
  one.at(2_000)
  assert.deepEqual(one.offer(), [1])
  assert.deepEqual(told(one.answer(1, 'delivered')), [{ kind: 'delivered', token: 'own', offset: 1 }])
})

test('what waited and was delivered in the last moment is closed when its park is read, and what waited behind it is free', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0)), foreign.park(record(1)))
  one.join()
  one.assign({ committed: commitAt(2), delivered: new Map([[0, 70]]) })
  const effects = one.settle()
  const [recalled] = effects.flatMap((effect) => (effect.kind === 'recall' ? [effect] : []))
  assert.deepEqual([recalled?.record.offset, recalled?.record.value?.toString(), recalled?.atMs], [0, 'v', 70])
  assert.deepEqual(appends(effects), ['done 0'])
  one.settle()
  one.at(5_000)
  assert.deepEqual(one.offer(), [1])
  assert.equal(one.state(0), undefined)
})

test('begins at the start position when nothing was ever committed', () => {
  const one = pairUnderTest()
  const effects = one.start({ committed: null, started: false, startOffset: 7 })
  assert.deepEqual(
    effects.find((effect) => effect.kind === 'seek' && effect.of === 'stream'),
    { kind: 'seek', of: 'stream', offset: 7 },
  )
})

test('a missing commit after deliveries had begun is a loss, and so is a position beyond either log', () => {
  const beyond = { committed: 5, log: { low: 0, high: 4 } }
  for (const state of [{ committed: null }, { committed: commitAt(1_001) }, { retry: beyond }]) {
    const one = pairUnderTest()
    one.join()
    assert.deepEqual(kinds(one.assign(state)), ['report-offsets-lost'])
    assert.equal(one.pair.phase, 'failed')
    assert.deepEqual(one.read(record(0)), [])
    assert.equal(one.commit(), undefined)
  }
})

test('what retention took is reported, at the beginning and while waiting', () => {
  const one = pairUnderTest()
  const [expired] = one.start({ committed: commitAt(5), log: { low: 9, high: 20 } })
  assert.deepEqual(expired, { kind: 'report-expired', from: 5, to: 9 })
  one.read(record(9))
  assert.deepEqual(one.apply({ kind: 'log-start', of: 'stream', offset: 15 }), [
    { kind: 'report-expired', from: 10, to: 15 },
    { kind: 'seek', of: 'stream', offset: 15 },
  ])
  one.offer()
  one.answer(9, 'delivered')
  assert.equal(one.commit()?.offset, 15)
})

test('what an earlier owner had finished did not expire, and is not reported', () => {
  const { text } = encodeMetadata({
    token: 'x',
    base: 5,
    runs: [
      { start: 6, length: 2 },
      { start: 12, length: 9 },
    ],
    atMs: 0,
  })
  const one = pairUnderTest()
  const delivered = new Map([[8, 70]])
  const effects = one.start({ committed: commitAt(5, text), delivered, log: { low: 10, high: 30 } })
  const expired = (all: readonly { kind: string }[]) => all.filter(({ kind }) => kind === 'report-expired')
  assert.deepEqual(expired(effects), [
    { kind: 'report-expired', from: 5, to: 6 },
    { kind: 'report-expired', from: 9, to: 10 },
  ])
  assert.deepEqual(expired(one.apply({ kind: 'log-start', of: 'stream', offset: 15 })), [
    { kind: 'report-expired', from: 10, to: 12 },
  ])
})

test('a rejoin with the own token keeps queues, fence and attempts under way', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'))
  one.offer(1)
  const revoked = one.apply({ kind: 'revoked' })
  const [kept] = revoked.filter((effect) => effect.kind === 'commit')
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit(), undefined)
  one.join('next')
  one.answer(0, 'delivered')
  const again = one.assign({ committed: commitAt(kept?.offset ?? 0, kept?.metadata ?? '') })
  assert.deepEqual(appends(again), [])
  assert.deepEqual(flowOf(again, 'retry'), ['seek', 'resume'])
  assert.deepEqual(again.filter(({ kind }) => kind === 'seek').at(-1), { kind: 'seek', of: 'stream', offset: 2 })
  assert.equal(again.find((effect) => effect.kind === 'commit')?.offset, 1)
  assert.deepEqual(one.offer(), [1])
})

test('a rejoin after somebody else committed begins anew and ignores older answers', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'))
  one.offer()
  one.apply({ kind: 'revoked' })
  one.join('next')
  const effects = one.assign({ committed: commitAt(0, '1;other;') })
  assert.deepEqual(effects[0], { kind: 'drop-appends', token: 'own' })
  assert.deepEqual(appends(effects), ['fence'])
  one.settle()
  one.read(record(0, 'a'))
  assert.deepEqual(one.offer(), [0])
  one.answer(0, 'delivered', 'own')
  assert.equal(one.commit()?.offset, 0)
  one.answer(0, 'delivered', 'next')
  assert.equal(one.commit()?.offset, 1)
})

test('a committed state that an earlier join had asked for is not used', () => {
  const one = pairUnderTest()
  one.join('first')
  one.join('second')
  assert.deepEqual(one.assign({ token: 'first' }), [])
  assert.deepEqual(appends(one.assign({ token: 'second' })), ['fence'])
})

test('a fetch that did not begin where the reading stands is dropped, and the log start is asked for', () => {
  const one = pairUnderTest()
  one.start()
  const late = one.apply({ kind: 'records', of: 'stream', fetchedFrom: 7, records: [record(7)] })
  assert.deepEqual(late, [
    { kind: 'seek', of: 'stream', offset: 0 },
    { kind: 'check-log-start', of: 'stream' },
  ])
  one.read(record(0), record(3))
  assert.deepEqual(one.offer(), [0])
  one.answer(0, 'delivered')
  assert.equal(one.commit()?.offset, 3, 'what one fetch passed over does not exist')
})

test('a foreign fence behind the own one stops everything at once; the next heartbeat begins anew', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1))
  one.offer()
  one.put(foreign.fence())
  assert.deepEqual(one.readRetry(), [
    { kind: 'pause', of: 'stream' },
    { kind: 'pause', of: 'retry' },
    { kind: 'drop-appends', token: 'own' },
  ])
  assert.deepEqual(one.answer(0, 'failed', 'own'), [])
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit(), undefined)
  assert.deepEqual(one.apply({ kind: 'heartbeat' }), [{ kind: 'load', token: 'own.2' }])
  assert.deepEqual(appends(one.assign()), ['fence'])
  one.settle()
  assert.equal(one.pair.phase, 'running')
  assert.deepEqual(one.apply({ kind: 'heartbeat' }), [])
})

test('fences of others before the own one mean nothing', () => {
  const one = pairUnderTest()
  one.put(foreign.fence(), foreign.fence())
  one.start()
  assert.equal(one.pair.phase, 'running')
})

test('the reading also ends when the log begins behind the own fence', () => {
  const one = pairUnderTest()
  one.join()
  one.assign()
  one.land()
  assert.equal(one.pair.phase, 'reading')
  one.apply({ kind: 'log-start', of: 'retry', offset: 5 })
  assert.equal(one.pair.phase, 'running')
})

test('draining starts nothing, leaves a failure unfinished, and ends with a last commit', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'b'), record(2, 'c'))
  one.offer(2)
  assert.deepEqual(kinds(one.apply({ kind: 'drain' })), ['pause', 'pause'])
  one.answer(0, 'delivered')
  assert.deepEqual(one.answer(1, 'failed'), [])
  assert.deepEqual(one.offer(), [])
  assert.equal(one.commit()?.offset, 1)
})

test('a lost pair takes nothing any more', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  assert.deepEqual(kinds(one.apply({ kind: 'lost' })), ['drop-appends'])
  assert.deepEqual(one.answer(0, 'failed'), [])
  assert.equal(one.commit(), undefined)
})

test('another ordering is another epoch of the same ownership', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0, 'a'), record(1, 'a'))
  const effects = one.apply({ kind: 'policy', policy: { ...one.pair.policy, ordering: 'none' } })
  assert.deepEqual(kinds(effects), ['commit', 'pause', 'pause', 'drop-appends', 'load'])
  one.assign({ committed: commitAt(0, '1;own;') })
  one.settle()
  one.read(record(0, 'a'), record(1, 'a'))
  assert.deepEqual(one.offer(), [0, 1])
})

test('another ordering that comes while the retry half is read counts when that was read', () => {
  const one = pairUnderTest()
  one.put(foreign.park(record(0, 'a')))
  one.join()
  one.assign({ committed: commitAt(1) })
  assert.deepEqual(one.apply({ kind: 'policy', policy: { ...one.pair.policy, ordering: 'none' } }), [])
  const effects = one.settle()
  assert.deepEqual(kinds(effects).slice(-5), ['commit', 'pause', 'pause', 'drop-appends', 'load'])
  one.assign({ committed: commitAt(1, encodeMetadata({ token: 'own', base: 1, runs: [], atMs: 0 }).text) })
  one.settle()
  assert.deepEqual([one.pair.phase, one.pair.table.queuing.ordering, one.state(0)], ['running', 'none', 'parked'])
})

for (const end of ['lost', 'joined'] as const) {
  test(`a delivery that is answered when its epoch is over (${end}) is told all the same, for whoever takes over`, () => {
    const one = pairUnderTest()
    one.start()
    one.read(record(0), record(1, 'b'))
    one.offer()
    if (end === 'lost') one.apply({ kind: 'lost' })
    else {
      one.join('next')
      one.assign({ committed: commitAt(0, encodeMetadata({ token: 'other', base: 0, runs: [], atMs: 0 }).text) })
    }
    assert.deepEqual(one.answer(0, 'delivered', 'own'), [{ kind: 'delivered', token: 'own', offset: 0 }])
    assert.deepEqual(one.answer(1, 'failed', 'own'), [])
  })
}
