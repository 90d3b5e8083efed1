import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '../../../../services/consumer/pair/commit-metadata.ts'
import { pairUnderTest, record } from './pair-under-test.ts'

test('begins at the committed offset and skips what the metadata remembers', () => {
  const one = pairUnderTest()
  const { text } = encodeMetadata('other', 5, [{ start: 6, length: 2 }])
  assert.deepEqual(one.assign({ committed: { offset: 5, metadata: text } }), [
    { kind: 'seek', offset: 5 },
    { kind: 'resume' },
  ])
  one.read(...[5, 6, 7, 8].map((offset) => record(offset, null)))
  assert.deepEqual(one.offer(), [5, 8])
})

test('commits at once, so that others find the token of this owner', () => {
  const one = pairUnderTest()
  one.assign({ committed: { offset: 5, metadata: '' } })
  assert.deepEqual(one.commit(), { kind: 'commit', offset: 5, metadata: '1;own;', truncated: false })
})

test('begins at the start position when nothing was ever committed', () => {
  const one = pairUnderTest()
  one.assign({ committed: null, started: false, startOffset: 7 })
  assert.equal(one.pair.window.next, 7)
})

test('a missing commit after deliveries had begun is a loss, and so is a position beyond the log', () => {
  for (const state of [{ committed: null }, { committed: { offset: 1_001, metadata: '' } }]) {
    const one = pairUnderTest()
    assert.deepEqual(
      one.assign(state).map(({ kind }) => kind),
      ['report-offsets-lost'],
    )
    assert.deepEqual(one.read(record(0)), [])
    assert.equal(one.commit(), undefined)
  }
})

test('what retention took is reported, at the beginning and while waiting', () => {
  const one = pairUnderTest()
  const [expired, seek] = one.assign({ committed: { offset: 5, metadata: '' }, log: { low: 9, high: 20 } })
  assert.deepEqual(expired, { kind: 'report-expired', from: 5, to: 9 })
  assert.deepEqual(seek, { kind: 'seek', offset: 9 })
  one.read(record(9))
  assert.deepEqual(one.apply({ kind: 'log-start', offset: 15 }), [
    { kind: 'report-expired', from: 10, to: 15 },
    { kind: 'seek', offset: 15 },
  ])
  one.offer()
  one.answer(9, 'delivered')
  assert.equal(one.commit()?.offset, 15)
})

test('a rejoin with the own token keeps queues and attempts under way', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'), record(1, 'b'))
  one.offer(1)
  const kept = one.commit()
  one.apply({ kind: 'revoked' })
  assert.deepEqual(one.offer(), [])
  one.answer(0, 'delivered')
  assert.equal(one.commit(), undefined)
  const again = one.assign({ token: 'next', committed: { offset: kept?.offset ?? 0, metadata: kept?.metadata ?? '' } })
  assert.deepEqual(again, [{ kind: 'seek', offset: 2 }, { kind: 'resume' }])
  assert.equal(one.commit()?.offset, 1)
  assert.deepEqual(one.offer(), [1])
})

test('a rejoin after somebody else committed begins anew and ignores older answers', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0, 'a'))
  one.offer()
  one.apply({ kind: 'revoked' })
  one.assign({ token: 'next', committed: { offset: 0, metadata: '1;other;' } })
  one.read(record(0, 'a'))
  assert.deepEqual(one.offer(), [0])
  one.answer(0, 'delivered', 'own')
  assert.equal(one.commit()?.offset, 0)
  one.answer(0, 'delivered', 'next')
  assert.equal(one.commit()?.offset, 1)
})

test('a lost pair takes nothing any more', () => {
  const one = pairUnderTest()
  one.assign()
  one.read(record(0))
  one.offer()
  one.apply({ kind: 'lost' })
  assert.deepEqual(one.answer(0, 'delivered'), [])
  assert.equal(one.commit(), undefined)
})
