import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import { formatSource, parseSource } from '#shared/event/source.ts'
import {
  doneRecord,
  fenceRecord,
  parkedEvent,
  parkRecord,
  readRetryRecord,
} from '../../../../services/consumer/pair/retry-record.ts'

const stored = (record: EventRecord): StoredRecord => ({
  ...record,
  topic: 'r',
  partition: 3,
  offset: 1,
  timestampMs: 5,
})

const plain = { noNullPrototype: true }
const anySource = fc.record(
  {
    topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,60}$/),
    partition: fc.nat(1_000),
    offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    timestampMs: fc.integer({ min: -1, max: 4_102_444_800_000 }),
  },
  plain,
)
const anyBytes = fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes)))
const anyHeaders = fc.dictionary(fc.constantFrom('ce_id', 'content-type', 'traceparent', 'x'), fc.string(), plain)
const anyClock = fc.option(fc.nat(4_102_444_800_000))

test('a source is read back as it was written', () => {
  fc.assert(fc.property(anySource, (source) => assert.deepEqual(parseSource(formatSource(source)), source)))
  assert.equal(formatSource({ topic: 's', partition: 1, offset: 2, timestampMs: 3 }), 's/1/2@3')
  for (const text of ['', 's/1/2', 's/1/2@', 'a/b/1/2@3', 's/1/-2@3']) assert.equal(parseSource(text), null)
})

test('a parked event comes back byte for byte, and its park with it', () => {
  fc.assert(
    fc.property(
      anySource,
      anyBytes,
      anyBytes,
      anyHeaders,
      anyClock,
      anyClock,
      (source, key, value, headers, ...times) => {
        const [clockAtMs, firstAttemptAtMs] = times
        const event = { ...source, key, value, headers }
        const park = { owner: 'o', clockAtMs, attempts: 4, firstAttemptAtMs }
        const record = stored(parkRecord(event, { ...park, cause: 'status-500' }))
        assert.deepEqual(readRetryRecord(record), { kind: 'park', source, ...park })
        assert.deepEqual(parkedEvent(record, source), event)
      },
    ),
  )
})

test('done and fence records say who wrote them', () => {
  fc.assert(
    fc.property(anySource, anyBytes, (source, key) => {
      const done = doneRecord({ key, source, owner: 'o', ending: 'delivered' })
      assert.equal(done.headers.tailrace_outcome, 'delivered')
      assert.deepEqual(readRetryRecord(stored(done)), { kind: 'done', source, owner: 'o' })
    }),
  )
  assert.deepEqual(readRetryRecord(stored(fenceRecord('o'))), { kind: 'fence', owner: 'o' })
})

test('anything else is unreadable', () => {
  for (const headers of [{}, { tailrace_kind: 'park' }, { tailrace_kind: 'done', tailrace_source: 'x' }]) {
    assert.equal(readRetryRecord(stored({ key: null, value: null, headers })).kind, 'unreadable')
  }
})
