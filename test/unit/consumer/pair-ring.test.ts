import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Input } from '../../../services/consumer/pair/inputs.ts'
import type { Pair } from '../../../services/consumer/pair/states.ts'
import { step } from '../../../services/consumer/pair/step.ts'
import {
  isStreamWaiting,
  offerProbe,
  offerRound,
  type PairRing,
  type Taken,
} from '../../../services/consumer/pair-ring.ts'
import { foreign, pairUnderTest, record } from './pair/pair-under-test.ts'

type Waiting = { fresh?: number; parked?: number }

/** Pairs with so many events without a key, of which the parked ones are due. */
function ringOf(...all: Waiting[]) {
  const ones = all.map(({ fresh = 0, parked = 0 }) => {
    const one = pairUnderTest()
    const offsets = Array.from({ length: parked + fresh }, (_, offset) => offset)
    one.put(...offsets.slice(0, parked).map((offset) => foreign.park(record(offset, null))))
    one.start()
    one.read(...offsets.slice(parked).map((offset) => record(offset, null)))
    one.at(2_000)
    return one
  })
  const ring: PairRing = { pairs: ones.map(({ pair }) => pair), at: 0 }
  return { ones, ring, attempting: () => ones.map(({ pair }) => pair.table.count.attempting) }
}

function give(pair: Pair, input: Input): Taken {
  const started = step(pair, input, 2_000).filter((effect) => effect.kind === 'attempt')
  return { all: started.length, ofRetry: started.filter(({ of }) => of === 'retry').length }
}

const offer = (ring: PairRing, slots: number, ofRetry = slots) =>
  offerRound(ring, { slots, ofRetry }, (pair, mine) => give(pair, { kind: 'offer', ...mine }))

test('free slots go round, so that a long partition starves none', () => {
  const { ring, attempting } = ringOf({ fresh: 100 }, { fresh: 100 }, { fresh: 2 })
  offer(ring, 9)
  assert.deepEqual(attempting(), [3, 4, 2])
})

test('offers only what is there', () => {
  const { ring, attempting } = ringOf({ fresh: 1 }, {}, { fresh: 2 })
  offer(ring, 50)
  assert.deepEqual(attempting(), [1, 0, 2])
  offer({ pairs: [], at: 0 }, 50)
})

test('parked events of all partitions together take no more than their share', () => {
  const { ones, ring, attempting } = ringOf({ parked: 10 }, { parked: 10, fresh: 10 })
  assert.equal(isStreamWaiting(ring), true)
  offer(ring, 8, 4)
  assert.equal(
    ones.reduce((sum, { pair }) => sum + pair.table.count.attemptingRetry, 0),
    4,
  )
  assert.equal(
    attempting().reduce((sum, count) => sum + count, 0),
    8,
  )
  assert.equal(isStreamWaiting(ringOf({ parked: 3 }).ring), false)
})

test('probes take turns between the partitions', () => {
  const { ones, ring, attempting } = ringOf({ fresh: 5 }, {}, { fresh: 5 })
  for (const { apply } of ones) apply({ kind: 'hold' })
  const probe = () => offerProbe(ring, (pair) => give(pair, { kind: 'probe' }))
  assert.equal(probe() && probe(), true)
  assert.deepEqual(attempting(), [1, 0, 1])
  assert.equal(
    offerProbe(ringOf({}, {}).ring, (pair) => give(pair, { kind: 'probe' })),
    false,
  )
})
