import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type DeliveryBatch,
  type LiveDelivery,
  sampleOf,
  thinned,
} from '../../../../services/console/live/deliveries.ts'

const anything = { subscription: undefined, state: undefined }

const delivery: fc.Arbitrary<LiveDelivery> = fc.record({
  subscription: fc.constantFrom('billing', 'audit'),
  state: fc.constantFrom('delivered', 'retrying'),
  isNotable: fc.boolean(),
  data: fc.object(),
})
const filter = fc.record({
  subscription: fc.constantFrom(undefined, 'billing', 'audit', 'other'),
  state: fc.constantFrom(undefined, 'delivered', 'retrying'),
})

const batchOf = (kept: readonly LiveDelivery[]): DeliveryBatch => ({ kept, more: new Map() })

test('shown and omitted together are what the filter lets through, thinned before or not', () => {
  fc.assert(
    fc.property(fc.array(delivery, { maxLength: 30 }), filter, fc.nat(9), fc.nat(9), (kept, asked, most, keeping) => {
      const wanted = kept.filter(
        (one) =>
          (asked.subscription ?? one.subscription) === one.subscription && (asked.state ?? one.state) === one.state,
      )
      for (const batch of [batchOf(kept), thinned(batchOf(kept), keeping)]) {
        const { shown, omitted } = sampleOf(batch, asked, most)
        assert.equal(shown.length + omitted, wanted.length)
        assert.ok(shown.length <= most)
        const places = shown.map((one) => kept.indexOf(one))
        assert.deepEqual(
          places,
          places.toSorted((a, b) => a - b),
        )
      }
    }),
  )
})

test('failures are shown before successes, and the successes are spread over the batch', () => {
  const kept: LiveDelivery[] = Array.from({ length: 500 }, (_, at) => {
    const isNotable = at % 100 === 7
    return { subscription: 'billing', state: isNotable ? 'retrying' : 'delivered', isNotable, data: { at } }
  })
  const { shown, omitted } = sampleOf(batchOf(kept), anything, 25)
  assert.deepEqual([shown.length, omitted], [25, 475])
  assert.equal(shown.filter(({ isNotable }) => isNotable).length, 5)
  const places = shown.map((one) => kept.indexOf(one))
  for (const [at, place] of places.entries()) assert.ok(place - (places[at - 1] ?? 0) < 60)
})
