import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offerProbe, offerRound, type PairRing } from '../../../services/consumer/pair-ring.ts'
import { pairUnderTest, record } from './pair/pair-under-test.ts'

function ringOf(...counts: number[]) {
  const ones = counts.map((count) => {
    const one = pairUnderTest()
    one.assign()
    one.read(...Array.from({ length: count }, (_, offset) => record(offset, null)))
    return one
  })
  const ring: PairRing = { pairs: ones.map(({ pair }) => pair), at: 0 }
  return { ones, ring, attempting: () => ones.map(({ pair }) => pair.attempting) }
}

test('free slots go round, so that a long partition starves none', () => {
  const { ring, attempting } = ringOf(100, 100, 2)
  assert.equal(
    offerRound(ring, 9, () => {}),
    9,
  )
  assert.deepEqual(attempting(), [3, 4, 2])
})

test('offers only what is there', () => {
  const { ring, attempting } = ringOf(1, 0, 2)
  assert.equal(
    offerRound(ring, 50, () => {}),
    3,
  )
  assert.deepEqual(attempting(), [1, 0, 2])
  assert.equal(
    offerRound({ pairs: [], at: 0 }, 50, () => {}),
    0,
  )
})

test('probes take turns between the partitions', () => {
  const { ones, ring, attempting } = ringOf(5, 0, 5)
  for (const { apply } of ones) apply({ kind: 'hold' })
  offerProbe(ring, () => {})
  offerProbe(ring, () => {})
  assert.deepEqual(attempting(), [1, 0, 1])
})
