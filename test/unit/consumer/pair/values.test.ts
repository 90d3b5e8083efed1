import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeOf } from '../../../../services/consumer/pair/deliveries.ts'
import { foreign, pairUnderTest, record } from './pair-under-test.ts'

type Backlog = { keys: number; perKey: number; roomFor: number }

const slots = 16
const fetched = 100

/** Delivers a backlog that waits in the retry partition; how often each of its records was read again, on average. */
function drain({ keys, perKey, roomFor }: Backlog) {
  const events = keys * perKey
  const valueBytes = roomFor * sizeOf(record(0, 'k1'))
  const one = pairUnderTest({ waiting: { valueBytes, perKey: events, perPair: events + 1 } })
  for (let offset = 0; offset < events; offset += 1) one.put(foreign.park(record(offset, `k${offset % keys}`)))
  one.start({ retry: { committed: 0, log: { low: 0, high: events } } })
  const { retry, count } = one.pair.table
  let [delivered, readAgain, mostBytes] = [0, 0, 0]
  for (let turn = 1; delivered < events && turn < 20 * events; turn += 1) {
    one.at(1_200 + turn * 10)
    for (const offset of one.offer(slots)) {
      one.answer(offset, 'delivered')
      delivered += 1
    }
    one.land()
    const { position, top } = retry
    const records = one.retry.slice(position, position + fetched)
    readAgain += Math.max(0, Math.min(position + records.length, top) - position)
    if (records.length > 0) one.apply({ kind: 'records', of: 'retry', fetchedFrom: position, records })
    mostBytes = Math.max(mostBytes, count.retryBytes)
  }
  return { delivered, timesRead: readAgain / events, mostBytes, valueBytes }
}

const backlogs: readonly Backlog[] = [
  { keys: 85, perKey: 100, roomFor: 400 },
  { keys: 500, perKey: 20, roomFor: 1_500 },
  { keys: 10, perKey: 500, roomFor: 400 },
  { keys: 1, perKey: 2_000, roomFor: 400 },
]

for (const backlog of backlogs) {
  const { keys, perKey, roomFor } = backlog
  test(`${keys} keys of ${perKey} events with room for ${roomFor} values are read again three times at most`, () => {
    const { delivered, timesRead, mostBytes, valueBytes } = drain(backlog)
    assert.equal(delivered, keys * perKey)
    assert.ok(timesRead <= 3, `each record was read again ${timesRead.toFixed(2)} times`)
    assert.ok(mostBytes <= valueBytes, `${mostBytes} bytes of ${valueBytes} were in memory`)
  })
}

test('a wanted head is not kept waiting by others that always have something to do', () => {
  const roomForThree = 3 * sizeOf(record(0, 'a'))
  const one = pairUnderTest({ waiting: { valueBytes: roomForThree } })
  for (let offset = 0; offset < 40; offset += 1) one.put(foreign.park(record(offset, offset % 10 === 9 ? 'b' : 'a')))
  one.start({ retry: { committed: 0, log: { low: 0, high: 40 } } })
  const order: number[] = []
  for (let turn = 1; order.length < 40 && turn < 400; turn += 1) {
    one.at(1_200 + turn * 60)
    for (const offset of one.offer(1)) {
      one.answer(offset, 'delivered')
      order.push(offset)
    }
    one.land()
    one.readRetry()
  }
  assert.equal(order.length, 40)
  assert.deepEqual(
    order.filter((offset) => offset % 10 === 9),
    [9, 19, 29, 39],
  )
  assert.ok(order.indexOf(9) < 30, `the first event of the rare key came as number ${order.indexOf(9)}`)
})
