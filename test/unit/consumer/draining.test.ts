import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attemptsEnded } from '../../../services/consumer/draining.ts'

test('waits for what is under way, and for what that led to', async () => {
  const seen: string[] = []
  const [attempts, appends] = [
    [2, 1, 0],
    [false, false, true],
  ]
  const unanswered = await attemptsEnded({
    timeoutMs: 60_000,
    underWay() {
      seen.push('attempts')
      return attempts.length > 1 ? (attempts.shift() ?? 0) : 0
    },
    isSettled() {
      seen.push('appends')
      return appends.shift() ?? true
    },
  })
  assert.equal(unanswered, 0)
  assert.deepEqual(seen, [...Array(4).fill('attempts'), ...Array(3).fill('appends')])
})

test('an attempt that does not end in its time is left, and said; what is appended is waited for all the same', async () => {
  let asked = 0
  const isSettled = () => ++asked > 3
  assert.equal(await attemptsEnded({ timeoutMs: 50, underWay: () => 2, isSettled }), 2)
  assert.equal(asked, 4)
})
