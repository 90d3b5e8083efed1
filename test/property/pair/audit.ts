import assert from 'node:assert/strict'
import { type Delivery, hasPark } from '../../../services/consumer/pair/deliveries.ts'
import type { KeyQueue } from '../../../services/consumer/pair/key-queues.ts'
import type { Pair } from '../../../services/consumer/pair/states.ts'

/** Whether a pair's table agrees with itself: every index with the deliveries, every queue with the place it stands in. */
export function audit(pair: Pair): void {
  const all = [...pair.table.deliveries.values()].flatMap(withTwins)
  const living = all.filter(({ state }) => state !== 'ended')
  auditCounts(pair, living)
  auditParks(pair, all)
  for (const queue of new Set(living.map((delivery) => delivery.queue))) auditQueue(pair, queue)
}

function auditCounts({ table }: Pair, living: readonly Delivery[]): void {
  const { count } = table
  const inbox = living.filter(({ inStream }) => inStream)
  const seen = {
    attempting: living.filter(({ state }) => state === 'attempting').length,
    attemptingRetry: living.filter(({ state, attemptedOf }) => state === 'attempting' && attemptedOf === 'retry')
      .length,
    waiting: living.length,
    inbox: inbox.length,
    inboxBytes: sum(inbox),
    retryBytes: sum(living.filter(({ isCharged }) => isCharged)),
  }
  assert.deepEqual({ ...seen, appending: count.appending }, count)
  assert.deepEqual([...table.window.unfinished].sort(ascending), inbox.map(({ offset }) => offset).sort(ascending))
}

function auditParks({ table }: Pair, all: readonly Delivery[]): void {
  const open = all.flatMap(({ open }) => open).sort(ascending)
  assert.deepEqual([...table.open.keys()], open)
  const ahead = new Set(table.ahead.values())
  for (const delivery of all) {
    const { state, offset, isParkAhead, record, isCharged, inStream } = delivery
    assert.equal(hasPark(delivery) && state === 'queued', false, `${offset} is queued and has a park`)
    if (isParkAhead) assert.ok(state === 'parking' || ahead.has(delivery), `nobody waits for the park of ${offset}`)
    if (state === 'parked') assert.ok(hasPark(delivery), `${offset} is parked nowhere`)
    if (state === 'parking') assert.ok(isParkAhead || delivery.open.length > 0 || delivery.isEndedElsewhere)
    if (isCharged) assert.ok(record !== null && !inStream, `${offset} is charged for nothing`)
  }
}

function auditQueue({ table, nowMs }: Pair, queue: KeyQueue): void {
  if (queue.key !== null) assert.equal(table.queues.get(queue.key), queue)
  const members: Delivery[] = []
  for (let next = queue.head; next !== null; next = next.next) members.push(next)
  assert.equal(queue.length, members.length)
  const offsets = members.map(({ offset }) => offset)
  assert.deepEqual(offsets, [...offsets].sort(ascending))
  const places = [queue.line !== null, queue.dueAtMs !== null, queue.isWanted].filter(Boolean).length
  const { head, busy } = queue
  const waits = busy === null && (head?.state === 'queued' || head?.state === 'parked')
  assert.equal(places, waits ? 1 : 0, `the queue of ${head?.offset} (${head?.state}) stands in ${places} places`)
  if (busy !== null) assert.ok(busy.state === 'attempting' || busy.state === 'burying')
  if (queue.line !== null) assert.equal(queue.line, head?.state === 'queued' ? table.ready.stream : table.ready.retry)
  if (queue.isWanted) assert.equal(head?.record, null)
  if (queue.dueAtMs !== null) assert.ok(queue.dueAtMs > 0 && nowMs >= 0)
}

function withTwins(first: Delivery): Delivery[] {
  return first.twin === null ? [first] : [first, ...withTwins(first.twin)]
}

const sum = (deliveries: readonly Delivery[]): number => deliveries.reduce((total, { bytes }) => total + bytes, 0)
const ascending = (a: number, b: number): number => a - b
