import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import {
  keptBody,
  keptHead,
  type LogEntry,
  type LoggedAttempt,
  type LoggedComparison,
} from '#shared/delivery/log/entries.ts'
import { batchOwner, readBatch } from '#shared/delivery/log/read-batch.ts'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'

const owner = {
  uid: 'k3v9q2',
  subscription: 'billing',
  stream: 'orders',
  partition: 3,
  instance: 'consumer-1',
  job: null,
}

const stored = (record: EventRecord): StoredRecord => ({
  ...record,
  topic: 'a',
  partition: 0,
  offset: 0,
  timestampMs: 0,
})

/** Objects as JSON makes them. */
const plain = { noNullPrototype: true } as const

const time = fc.integer({ min: 0, max: 4_102_444_800_000 })
const duration = fc.integer({ min: 0, max: 600_000 }).map((tenths) => tenths / 10)
const text = fc.string({ maxLength: 20, unit: 'binary' })
const textOrNull = fc.option(text)
const timingsMs = fc.record(
  { dns: duration, connect: duration, tls: duration, total: duration, firstByte: fc.option(duration) },
  plain,
)

const firstTry: fc.Arbitrary<LogEntry> = fc
  .record(
    {
      ...{
        offset: fc.nat(),
        atMs: time,
        tookMs: fc.nat(100_000),
        key: textOrNull,
        type: textOrNull,
        url: text,
        timingsMs,
      },
      ...{ status: fc.integer({ min: 200, max: 299 }), isCompared: fc.boolean() },
    },
    plain,
  )
  .map(({ offset, atMs, tookMs, key, type, url, timingsMs: timings, status, isCompared }) => {
    const detail = `target answered ${status}`
    const startedAtMs = atMs - tookMs
    const attempt: LoggedAttempt = {
      ...{ number: 1, atMs: startedAtMs, url, decision: 'delivered', code: `status-${status}`, detail, status },
      ...{ timingsMs: timings, head: {}, body: null, isTruncated: false, isCompared },
    }
    return {
      ...{ offset, atMs, key, type, state: 'delivered', because: detail, behind: null, nextAttemptAtMs: null },
      ...{ attempts: 1, firstAttemptAtMs: startedAtMs, list: [attempt] },
    }
  })

const attempt: fc.Arbitrary<LoggedAttempt> = fc.record(
  {
    ...{ number: fc.nat(), atMs: time, url: text, code: text, detail: text, status: fc.option(fc.nat(999)), timingsMs },
    decision: fc.constantFrom('delivered', 'retry', 'target-waits', 'target-gone', 'dead-letter'),
    head: fc.dictionary(text, fc.oneof(text, fc.array(text)), plain),
    ...{ body: textOrNull, isTruncated: fc.boolean(), isCompared: fc.boolean() },
  },
  plain,
)

const whole: fc.Arbitrary<LogEntry> = fc.record(
  {
    ...{ offset: fc.nat(), atMs: time, key: textOrNull, type: textOrNull, because: text, behind: fc.option(fc.nat()) },
    state: fc.constantFrom('retrying', 'queued', 'waiting', 'dead-lettered'),
    ...{ nextAttemptAtMs: fc.option(time), attempts: fc.nat(), firstAttemptAtMs: fc.option(time) },
    list: fc.array(attempt, { maxLength: 3 }),
  },
  plain,
)

const range = fc.record(
  { state: fc.constantFrom('expired' as const, 'skipped' as const), from: fc.nat(), to: fc.nat(), atMs: time },
  plain,
)

const side = fc.record({ status: fc.nat(999), bodySha256: text, bodyBytes: fc.nat() }, plain)

const comparison: fc.Arbitrary<LoggedComparison> = fc.record(
  {
    ...{ offset: fc.nat(), number: fc.nat(), atMs: time, url: textOrNull },
    comparison: fc.oneof(
      fc.record({ kind: fc.constantFrom('match', 'unanswered', 'skipped') }, plain),
      fc.record({ kind: fc.constant('mismatch'), primary: side, other: side }, plain),
    ),
  },
  plain,
)

test('what is read from a record is what was put into it, first-try successes first', () => {
  const builder = new BatchBuilder(owner)
  fc.assert(
    fc.property(
      fc.array(fc.oneof(firstTry, whole), { maxLength: 30 }),
      fc.array(range, { maxLength: 3 }),
      fc.array(comparison, { maxLength: 3 }),
      (added, given, comparisons) => {
        for (const one of comparisons) builder.compare(one)
        for (const entry of added) builder.add(entry)
        for (const one of given) builder.addRange(one)
        assert.equal(builder.count, added.length)
        const read = readBatch(stored(builder.take()))
        const entries = [
          ...added.filter(({ state }) => state === 'delivered'),
          ...added.filter(({ state }) => state !== 'delivered'),
        ]
        const ranges = given.toSorted((a, b) => (a.state < b.state ? -1 : a.state > b.state ? 1 : 0))
        assert.deepEqual(read, { ...owner, entries, ranges, comparisons })
        assert.equal(builder.isEmpty, true)
      },
    ),
  )
})

test('a record of before there were comparisons is read, as one in which nothing was compared', () => {
  const attempt = { n: 1, t: 5, u: 0, d: 'retry', c: 'status-500', w: '', s: 500, m: [0, 0, 0, 1, 2], h: {}, b: '' }
  const one = { offset: [7], at: [0], started: [3], total: [20], firstByte: [10], status: [204], url: [0], type: [0] }
  const old = {
    ...{ v: 1, i: 'consumer-1', j: null, b: 1_000, u: ['http://one/'], y: ['order.created'], x: [] },
    s: { ...one, key: ['k'], dials: [] },
    e: [
      { o: 8, t: 9, k: null, y: 0, s: 'retrying', w: '', h: null, x: null, n: 1, f: 5, a: [{ ...attempt, r: false }] },
    ],
  }
  const value = zstdCompressSync(JSON.stringify(old))
  const read = readBatch(stored({ ...new BatchBuilder(owner).take(), value }))
  assert.deepEqual(read?.comparisons, [])
  assert.deepEqual(
    read?.entries.map(({ offset, list }) => [offset, ...list.map(({ isCompared }) => isCompared)]),
    [
      [7, false],
      [8, false],
    ],
  )
})

test('what is not compared costs a record nothing', () => {
  const builder = new BatchBuilder(owner)
  const [entry] = fc.sample(
    firstTry.filter(({ list }) => list[0]?.isCompared === false),
    { numRuns: 1, seed: 1 },
  )
  if (entry !== undefined) builder.add(entry)
  const form = JSON.parse(zstdDecompressSync(builder.take().value ?? Buffer.alloc(0)).toString())
  assert.deepEqual([form.q, form.s.compared, form.s.offset], [undefined, undefined, [entry?.offset]])
})

test('a record says whose it is without being unpacked', () => {
  const builder = new BatchBuilder(owner)
  assert.deepEqual(batchOwner(stored(builder.take())), { uid: 'k3v9q2', partition: 3 })
})

test('a record that is damaged, of another version or not ours is passed over, whatever its bytes', () => {
  const builder = new BatchBuilder(owner)
  const record = builder.take()
  const withValue = (value: Buffer | null) => readBatch(stored({ ...record, value }))
  assert.equal(withValue(null), null)
  assert.equal(withValue(zstdCompressSync('{"v":2}')), null)
  assert.equal(withValue(zstdCompressSync('[]')), null)
  assert.equal(withValue(zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))), null, 'a bomb is not expanded')
  assert.equal(readBatch(stored({ ...record, headers: {} })), null)
  assert.equal(readBatch(stored({ ...record, key: null })), null)
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(withValue(Buffer.from(bytes)), null)))
  const value = record.value ?? Buffer.alloc(0)
  for (let at = 0; at < value.length; at += 1) withValue(value.subarray(0, at))
})

test('of an answer only so much is kept as helps, and no cookie', () => {
  const head = keptHead({ server: 'x'.repeat(300), 'set-cookie': ['a=b'], vary: ['a', 'b'], none: undefined })
  assert.deepEqual(head, { server: 'x'.repeat(256), vary: ['a', 'b'] })
  const many = keptHead(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`h${n}`, 'v'])))
  assert.equal(Object.keys(many).length, 32)
  assert.deepEqual(keptBody(Buffer.from('oops')), { text: 'oops', isCut: false })
  assert.equal(keptBody(Buffer.alloc(2_000, 'a')).text.length, 1_024)
  assert.equal(keptBody(Buffer.alloc(2_000, 'a')).isCut, true)
})
