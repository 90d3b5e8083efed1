import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairShare } from '../../../services/consumer/policy.ts'

const mebibyte = 1024 * 1024

const shares = [
  { what: 'nothing is owned', pairs: 0, bytes: 4 * mebibyte, waiting: 100_000 },
  { what: 'one subscription of six partitions', pairs: 6, bytes: 4 * mebibyte, waiting: 41_666 },
  { what: 'four of them', pairs: 24, bytes: Math.floor((64 * mebibyte) / 24), waiting: 12_000 },
  { what: 'two hundred of them', pairs: 1_200, bytes: mebibyte / 4, waiting: 12_000 },
]

for (const { what, pairs, bytes, waiting } of shares) {
  test(`the share of a pair when ${what}`, () => assert.deepEqual(pairShare(pairs), { bytes, waiting }))
}
