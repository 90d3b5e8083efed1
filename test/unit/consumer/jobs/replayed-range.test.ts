import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { openReplayedRange } from '../../../../services/consumer/jobs/replayed-range.ts'
import type { JobItem } from '../../../../services/consumer/jobs/source.ts'

const record = (offset: number, partition = 0): StoredRecord => ({
  ...{ topic: 's', partition, offset, timestampMs: 0, key: Buffer.from(`k${offset % 2}`), value: null, headers: {} },
})

/** Two partitions of 100 events; of the first every third is missing. */
const adminOf = (low = 0) => ({
  offsets: async () => [0, 1].map((partition) => ({ partition, low, high: 100 })),
  read: async ({ partition, from, to }: { partition: number; from: number; to: number }) => {
    assert.ok(from >= low, 'nothing below the log start is read')
    const next = Math.min(from + 7, to)
    const offsets = Array.from({ length: next - from }, (_, index) => from + index)
    const records = offsets.filter((o) => partition === 1 || o % 3 !== 0).map((o) => record(o, partition))
    return { records, next, bytes: 0 }
  },
})

const job = { from: { 0: 10, 1: 90 }, ends: { 0: 40, 1: 100 } }
const opened = (
  known?: Parameters<typeof openReplayedRange>[0]['known'],
  low = 0,
  passes = (_: StoredRecord) => true,
) => openReplayedRange({ admin: adminOf(low), topic: 's', job, ordering: 'key', known, passes })

async function all(source: Awaited<ReturnType<typeof opened>>): Promise<JobItem[]> {
  const items: JobItem[] = []
  for (;;) {
    const part = await source.next(4)
    items.push(...part.items)
    if (part.isLast) return items
  }
}

const offsetsOf = (items: readonly JobItem[], of: number) =>
  items.filter(({ source }) => source.partition === of).map(({ source }) => source.offset)

test('a range goes out once, each partition in log order', async () => {
  const items = await all(await opened())
  const expected = Array.from({ length: 30 }, (_, index) => 10 + index).filter((offset) => offset % 3 !== 0)
  assert.deepEqual(offsetsOf(items, 0), expected)
  assert.deepEqual(offsetsOf(items, 1), [90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
  assert.equal(items[0]?.order, 's/0/k0')
})

test('another runner goes on with what had not ended, whatever had', async () => {
  const first = await opened()
  const items = await all(first)
  const ended = items.filter((_, index) => index % 4 !== 1 && index < 20)
  for (const item of ended) first.ended(item, 'delivered')
  const counts = first.counts()
  assert.deepEqual(counts, { done: ended.length, delivered: ended.length, deadLettered: 0 })
  const state = { id: 'job_A', state: 'running', runner: 'one', perSecond: 0, error: null, finishedAt: null }
  const second = await opened({ ...state, ...counts, cursor: first.cursor() })
  const rest = await all(second)
  const expected = items.filter((item) => !ended.includes(item))
  for (const partition of [0, 1]) assert.deepEqual(offsetsOf(rest, partition), offsetsOf(expected, partition))
  for (const item of rest) second.ended(item, 'dead-lettered')
  assert.deepEqual(second.counts().done, items.length)
  assert.deepEqual([second.cursor()['0']?.base, second.cursor()['1']?.base], [40, 100])
})

test('what retention took before is passed over and named', async () => {
  const source = await opened(undefined, 20)
  assert.deepEqual(offsetsOf(await all(source), 0)[0], 20)
  assert.match(source.missing() ?? '', /0\/10 to 19/)
})

test('what a filter does not let pass counts nowhere, and the cursor goes over it', async () => {
  const source = await opened(undefined, 0, ({ offset }) => offset % 2 === 0)
  const items = await all(source)
  assert.ok(items.every((item) => item.source.offset % 2 === 0))
  for (const item of items) source.ended(item, 'delivered')
  const everything = (await all(await opened())).length
  assert.deepEqual(source.counts(), { done: items.length, delivered: items.length, deadLettered: 0 })
  assert.equal(source.seen(), everything, 'what it passed over moves the cursor, which is written then')
  assert.deepEqual([source.cursor()['0']?.base, source.cursor()['1']?.base], [40, 100])
})
