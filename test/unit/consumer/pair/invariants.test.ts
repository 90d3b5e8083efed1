import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvariantError } from '../../../../services/consumer/pair/invariants.ts'
import { foreign, pairUnderTest, record } from './pair-under-test.ts'

/** Each invariant, and a defect that it stops: a rule that is dropped, or a state that somebody else had his hands in. */
const defects: [string, () => void][] = [
  [
    'I-a: an offset finished when its park is sent',
    () => {
      const one = pairUnderTest({}, { finishAfterAck: true })
      one.start()
      one.read(record(0))
      one.offer()
      one.answer(0, 'failed')
    },
  ],
  [
    'I-b: a park closed by a record before it',
    () => {
      const one = pairUnderTest()
      one.put(foreign.park(record(0)))
      one.start()
      const delivery = one.pair.table.deliveries.get(0)
      if (delivery !== undefined) delivery.open = [99]
      one.put(foreign.done(record(0)))
      one.readRetry()
    },
  ],
  [
    'I-c: a follower parked before the event ahead of it',
    () => {
      const one = pairUnderTest({}, { followersInOrder: true })
      one.start()
      one.read(record(0), record(1))
      one.offer()
      one.answer(0, 'failed')
      one.read(record(2))
    },
  ],
  [
    'I-d: two attempts of one queue',
    () => {
      const one = pairUnderTest()
      one.start()
      one.read(record(0))
      const delivery = one.pair.table.deliveries.get(0)
      if (delivery !== undefined) delivery.queue.busy = delivery
      one.offer()
    },
  ],
  [
    'I-e: a pair that begins without its fence',
    () => {
      pairUnderTest({}, { gate: true }).start()
    },
  ],
  [
    'I-f: an answer for nothing that is under way',
    () => {
      const one = pairUnderTest()
      one.start()
      one.read(record(0))
      one.answer(0, 'delivered')
    },
  ],
  [
    'I-g: a delivery that is in the table when it is read',
    () => {
      const one = pairUnderTest()
      one.start()
      one.read(record(0))
      one.pair.table.window.next = 0
      one.read(record(0))
    },
  ],
]

for (const [name, provoke] of defects) {
  test(`${name} stops the pair`, () => {
    assert.throws(provoke, (error) => error instanceof InvariantError && name.startsWith(error.invariant))
  })
}
