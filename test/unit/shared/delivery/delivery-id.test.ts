import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deliveryId, parseDeliveryId } from '#shared/delivery/delivery-id.ts'

test('what names a delivery is read as what it was made of', () => {
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  const [partition, offset] = [fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999_999_999_999_999 })]
  fc.assert(
    fc.property(name, partition, offset, (subscription, partition, offset) => {
      assert.deepEqual(parseDeliveryId(deliveryId(subscription, partition, offset)), {
        subscription,
        partition,
        offset,
      })
    }),
  )
  assert.deepEqual(parseDeliveryId('a-0-1-2-3'), { subscription: 'a-0-1', partition: 2, offset: 3 })
})

test('what names none is not read as another one', () => {
  const others = [
    '',
    'billing',
    'billing-0',
    '-0-0',
    'billing-0-01',
    'billing-00-1',
    'billing-0--1',
    'billing-0-1 ',
    'billing-0-1e3',
  ]
  for (const id of [...others, 'billing-1234567-0', 'billing-0-1234567890123456'])
    assert.equal(parseDeliveryId(id), null, id)
})
