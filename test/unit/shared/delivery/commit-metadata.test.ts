import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeMetadata, encodeMetadata, type Run } from '#shared/delivery/commit-metadata.ts'

const anyRuns = fc.array(
  fc.record({ gap: fc.integer({ min: 1, max: 5_000 }), length: fc.integer({ min: 1, max: 70_000 }) }),
)

function runsFrom(base: number, parts: readonly { gap: number; length: number }[]): Run[] {
  let end = base
  return parts.map(({ gap, length }) => {
    const start = end + gap
    end = start + length
    return { start, length }
  })
}

test('what is encoded is read back, in the shape 1;token;runs;ms', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), anyRuns, (base, parts) => {
      const runs = runsFrom(base, parts)
      const { text, truncated } = encodeMetadata({ token: 'tok', base, runs, atMs: 1_700_000_000_000.4 })
      assert.match(text, /^1;tok;[A-Za-z0-9_-]*;1700000000000$/)
      assert.equal(truncated, false)
      assert.deepEqual(decodeMetadata(text, base), { token: 'tok', runs, atMs: 1_700_000_000_000 })
    }),
  )
})

test('it never exceeds 3,500 bytes: the highest runs are dropped first', () => {
  const runs = runsFrom(
    7,
    Array.from({ length: 4_000 }, () => ({ gap: 3, length: 2 })),
  )
  const { text, truncated } = encodeMetadata({ token: 't'.repeat(12), base: 7, runs, atMs: 1_700_000_000_000 })
  assert.ok(text.length <= 3_500 && text.length > 3_490)
  assert.ok(truncated)
  const kept = decodeMetadata(text, 7).runs
  assert.deepEqual(kept, runs.slice(0, kept.length))
})

test('an unknown version or a damaged text remembers nothing', () => {
  const nothing = { token: null, runs: [], atMs: null }
  for (const text of ['', '2;tok;AQE', 'x', '1;tok']) assert.deepEqual(decodeMetadata(text, 0), nothing)
  assert.deepEqual(decodeMetadata('1;tok;', 0), { token: 'tok', runs: [], atMs: null })
  assert.deepEqual(decodeMetadata('1;tok;AAA;x', 0), { token: 'tok', runs: [], atMs: null })
})
