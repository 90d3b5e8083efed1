import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { measureRanges } from '../../../services/console/replay-range.ts'

const value = Buffer.from('0123456789')
const record = (partition: number, offset: number): StoredRecord => ({
  ...{ topic: 's', partition, offset, timestampMs: 0, key: null, value, headers: {} },
})

/** A log without gaps that gives `chunk` records at a time; what was read, by partition. */
function logOf(chunk: number) {
  const read = new Map<number, number>()
  return {
    read: async ({ partition, from, to }: { partition: number; from: number; to: number }) => {
      const next = Math.min(from + chunk, to)
      read.set(partition, (read.get(partition) ?? 0) + next - from)
      const records = Array.from({ length: next - from }, (_, index) => record(partition, from + index))
      return { records, next, bytes: 10 * (next - from) }
    },
    counted: read,
  }
}

const everyThird = ({ offset }: StoredRecord) => offset % 3 === 0

test('a dry run counts what passes, and shows the first of it', async () => {
  const ranges = { from: { 0: 10, 1: 0 }, to: { 0: 40, 1: 6 } }
  assert.deepEqual(await measureRanges(logOf(7), { topic: 's', ranges, passes: everyThird }), {
    ...{ matched: 12, bytes: 120, isEstimate: false },
    positions: [12, 15, 18, 21, 24].map((offset) => ({ partition: 0, offset })),
  })
  const nothing = { matched: 0, bytes: 0, isEstimate: false, positions: [] }
  const none = { from: {}, to: {} }
  assert.deepEqual(await measureRanges(logOf(7), { topic: 's', ranges: none, passes: everyThird }), nothing)
  assert.deepEqual(await measureRanges(logOf(7), { topic: 's', ranges, passes: () => false }), nothing)
})

test('a long range is looked at in part, of each partition its beginning, and then it is an estimate', async () => {
  const log = logOf(500)
  const ranges = { from: { 0: 0, 1: 0, 2: 0 }, to: { 0: 900_000, 1: 900_000, 2: 90 } }
  const size = await measureRanges(log, { topic: 's', ranges, passes: everyThird })
  assert.equal(size.isEstimate, true)
  assert.ok(Math.abs(size.matched - 600_030) < 600, String(size.matched))
  assert.ok(Math.abs(size.bytes - 6_000_300) < 6_000, String(size.bytes))
  const counted = [...log.counted.values()]
  assert.ok(counted.every((count) => count > 0) && counted.reduce((sum, count) => sum + count, 0) <= 102_000)
})
