import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFrom } from '#shared/catalog/start-offsets.ts'

test('a start is one of two words or an RFC 3339 time', () => {
  assert.equal(parseFrom('earliest'), 'earliest')
  assert.equal(parseFrom('latest'), 'latest')
  assert.deepEqual(parseFrom('2026-11-21T00:00:00.000Z'), { timeMs: Date.UTC(2026, 10, 21) })
  assert.deepEqual(parseFrom('2026-11-21T02:00:00+02:00'), { timeMs: Date.UTC(2026, 10, 21) })
  for (const text of ['', 'now', '2026-11-21', '2026-13-45T00:00:00Z', '2026-11-21T00:00:00', '1732147200000']) {
    assert.equal(parseFrom(text), undefined, text)
  }
})
