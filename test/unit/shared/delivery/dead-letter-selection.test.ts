import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DeadLetter,
  eventOf,
  isBodyLeftOut,
  kindOf,
  readDeadLetter,
  settlementOf,
} from '#shared/delivery/dead-letter-record.ts'
import { anySelection, inDeliveryOrder, isSelected, type Selection } from '#shared/delivery/dead-letter-selection.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { deadLetter } from './dead-letters.ts'

const streamOf = (topic: string) => ({ name: topic, defaultType: null })

function letterOf(record: StoredRecord): DeadLetter {
  const read = readDeadLetter(record, streamOf)
  assert.equal(read.kind, 'dead-letter')
  return read.kind === 'dead-letter' ? read.letter : assert.fail()
}

test('a dead letter says what it was and why it ended, and gives its event back as it stood in the stream', () => {
  const record = deadLetter({ offset: 7, key: 'customer-77', job: 'job_A' })
  const letter = letterOf(record)
  const { uid, source, eventId, eventSource, type, eventKey, cause, attempts, bytes, job, at } = letter
  assert.deepEqual(
    { uid, eventId, eventSource, type, eventKey, cause, attempts, bytes, job, at },
    {
      ...{ uid: 'u1', eventId: 'e7', eventSource: '/shop', type: 'order.created', eventKey: 'customer-77' },
      ...{ cause: 'refused', attempts: 1, bytes: 7, job: 'job_A', at: { partition: 0, offset: 7 } },
    },
  )
  const event = eventOf(record, source)
  assert.deepEqual([event.topic, event.partition, event.offset, event.timestampMs], ['events.orders', 0, 7, 5])
  assert.deepEqual([event.key?.toString(), event.value?.toString()], ['customer-77', '{"a":1}'])
  assert.deepEqual(
    Object.keys(event.headers).filter((name) => name.startsWith('tailrace_')),
    [],
  )
})

test('records that are none are passed over', () => {
  const record = deadLetter({ offset: 1 })
  for (const headers of [{}, { tailrace_kind: 'other' }, { ...record.headers, tailrace_source: 'nonsense' }]) {
    assert.equal(readDeadLetter({ ...record, headers }, streamOf).kind, 'foreign')
  }
  assert.equal(readDeadLetter({ ...record, key: null }, streamOf).kind, 'dead-letter')
  assert.equal(isBodyLeftOut({ ...record, headers: { tailrace_body: 'left-out' } }), true)
})

test('a mark names the dead letter that it settles, by whom, and how', () => {
  const first = deadLetter({ offset: 1 })
  const mark = settlementOf(letterOf(first), { as: 'discarded', job: 'job_A' })
  assert.deepEqual(readDeadLetter({ ...first, ...mark }, streamOf), {
    ...{ kind: 'settled', key: first.key?.toString(), job: 'job_A', as: 'discarded' },
  })
})

test('every member of a selection must hold', () => {
  const letter = letterOf(deadLetter({ offset: 7, atMs: 1_000 }))
  const cases: [Partial<Selection>, boolean][] = [
    [{}, true],
    [{ subscription: 'billing' }, true],
    [{ subscription: 'other' }, false],
    [{ uid: 'u1' }, true],
    [{ uid: 'u2' }, false],
    [{ causes: ['asked', 'refused'] }, true],
    [{ causes: ['asked'] }, false],
    [{ ids: ['billing-0-7'] }, true],
    [{ ids: ['billing-0-8'] }, false],
    [{ key: 'k' }, true],
    [{ key: '' }, false],
    [{ type: 'order.created' }, true],
    [{ type: 'order' }, false],
    [{ sinceMs: 1_000 }, true],
    [{ sinceMs: 1_001 }, false],
    [{ untilMs: 1_000 }, false],
    [{ untilMs: 1_001 }, true],
    [{ subscription: 'billing', causes: ['asked'] }, false],
  ]
  for (const [some, expected] of cases) {
    assert.equal(isSelected(letter, { ...anySelection, ...some }), expected, JSON.stringify(some))
  }
})

test('each source partition goes in log order, whenever its events died', () => {
  const letters = [
    { offset: 1, source: 's/0/5@1', atMs: 10 },
    { offset: 2, source: 's/0/4@1', atMs: 90 },
    { offset: 3, source: 's/1/1@1', atMs: 20 },
    { offset: 4, source: 's/1/2@1', atMs: 95 },
    { offset: 5, source: 's/0/10@1', atMs: 20 },
  ].map((one) => letterOf(deadLetter(one)))
  assert.deepEqual(
    inDeliveryOrder(letters).map(({ source }) => `${source.partition}/${source.offset}`),
    ['1/1', '0/4', '0/5', '0/10', '1/2'],
  )
})

test('a cause says whether it was the receiver', () => {
  const receiver = ['refused', 'asked', 'exhausted']
  const pipeline = ['target-refused', 'malformed-record', 'too-large', 'key-backlog', 'internal']
  assert.deepEqual([...new Set(receiver.map(kindOf))], ['receiver'])
  assert.deepEqual([...new Set(pipeline.map(kindOf))], ['pipeline'])
})
