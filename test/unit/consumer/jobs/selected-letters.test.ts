import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { createSearch, openSelectedLetters } from '../../../../services/consumer/jobs/selected-letters.ts'
import { deadLetter, settled } from '../../shared/delivery/dead-letters.ts'

const select = { subscription: 'billing', cause: null, ids: null, key: null, since: null, until: null }
const job = { id: 'job_A', kind: 'redrive' as const, select, uid: 'u1', ends: { 0: 100 }, matched: 3 }

function found(records: readonly StoredRecord[]) {
  const search = createSearch(job)
  for (const record of records) search.apply(record)
  const { pending, counts, selected } = search.found()
  return { left: [...pending.values()].map(({ at }) => at.offset), ...counts, selected }
}

const [a, b, c] = [1, 2, 3].map((offset) => deadLetter({ offset })) as [StoredRecord, StoredRecord, StoredRecord]
const nothing = { done: 0, delivered: 0, deadLettered: 0 }

test('what is left of a job stands in the dead-letter topic', () => {
  const again = (of: StoredRecord, offset: number, by?: string) => ({
    ...deadLetter(by === undefined ? { offset } : { offset, job: by }),
    key: of.key,
  })
  const cases: [string, StoredRecord[], object][] = [
    ['nothing is done', [a, b, c], { left: [1, 2, 3], ...nothing, selected: 3 }],
    [
      'settled before the job',
      [a, b, settled(a, { offset: 50, job: 'job_Z' })],
      { left: [2], ...nothing, selected: 1 },
    ],
    [
      'redriven by this job',
      [a, b, settled(a, { offset: 100, job: 'job_A' })],
      { left: [2], ...nothing, done: 1, delivered: 1, selected: 2 },
    ],
    [
      'dead again under this job',
      [a, b, again(b, 101, 'job_A')],
      { left: [1], ...nothing, done: 1, deadLettered: 1, selected: 2 },
    ],
    [
      'settled by somebody else meanwhile',
      [a, b, settled(b, { offset: 101, job: 'job_Z', as: 'discarded' })],
      { left: [1], ...nothing, done: 1, selected: 2 },
    ],
    ['dead after the job was asked for', [a, deadLetter({ offset: 100 })], { left: [1], ...nothing, selected: 1 }],
    [
      'of an earlier subscription of the name',
      [a, deadLetter({ offset: 9, uid: 'u0' })],
      { left: [1], ...nothing, selected: 1 },
    ],
  ]
  for (const [name, records, expected] of cases) assert.deepEqual(found(records), expected, name)
})

/** The dead-letter topic, in memory. */
const logOf = (records: readonly StoredRecord[], low = 0) => ({
  offsets: async () => [{ partition: 0, low, high: 1_000 }],
  offsetsAt: async () => [],
  read: async ({ from, to }: { from: number; to: number }) => {
    const part = records.filter(({ offset }) => offset >= from && offset < to).slice(0, 2)
    return { records: part, next: (part.at(-1)?.offset ?? to - 1) + 1, bytes: 0 }
  },
})

test('items come in log order with their events, and what expired is named at the end', async () => {
  const topic = 'dead-letters'
  const open = (records: readonly StoredRecord[]) =>
    openSelectedLetters({ admin: logOf(records), topic, job, ordering: 'key', goesOn: () => true })
  const source = await open([a, b, c])
  const { items, isLast } = await source.next(10)
  assert.deepEqual([isLast, items.map((item) => item.source.offset)], [true, [1, 2, 3]])
  assert.equal((await items[1]?.load())?.headers.ce_id, 'e2')
  for (const item of items) source.ended(item, 'delivered')
  assert.deepEqual([source.counts(), source.missing()], [{ done: 3, delivered: 3, deadLettered: 0 }, null])
  const less = await open([a, b])
  assert.equal(less.missing(), '1 of 3 dead letters expired before their turn')
})

test('a body that the dead-letter topic could not take comes from the stream, if it is still that event', async () => {
  const whole = { ...a, topic: 'events.orders', offset: 1, timestampMs: 5, value: Buffer.from('whole'), headers: {} }
  const bare = { ...a, value: null, headers: { ...a.headers, tailrace_body: 'left-out' } }
  for (const [timestampMs, expected] of [
    [5, 'whole'],
    [6, undefined],
  ] as const) {
    const [letters, stream] = [logOf([bare]), logOf([{ ...whole, timestampMs }])]
    const admin = {
      ...letters,
      read: (range: { topic: string; from: number; to: number }) =>
        (range.topic === 'events.orders' ? stream : letters).read(range),
    }
    const source = await openSelectedLetters({
      ...{ admin, topic: 'dead-letters', job, ordering: 'key', goesOn: () => true },
    })
    const { items } = await source.next(1)
    assert.equal((await items[0]?.load())?.value?.toString(), expected)
  }
})
