import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monotonicNs, monotonicNsAt } from '../../chaos/history.ts'

test('a process that stood still between the wall clock and the monotonic one looks at both again', () => {
  const fromNs = monotonicNs()
  let looks = 0
  const wallClock = () => {
    looks += 1
    if (looks > 1) return 2_000
    const untilNs = fromNs + 5e6
    while (monotonicNs() < untilNs);
    return 1_000
  }
  const ns = monotonicNsAt(2_000, wallClock)
  assert.ok(ns >= fromNs && ns <= monotonicNs(), `${(ns - fromNs) / 1e6} ms after the beginning`)
})
