import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareRounds } from '#shared/catalog/shared-round.ts'

test('a caller never joins a round that has begun, and callers that wait share one', async () => {
  let started = 0
  const ask = shareRounds(async () => {
    started += 1
    return started
  })
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1])
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [2, 2, 2])
})

test('rounds start at least 100 ms apart', async (t) => {
  const starts: number[] = []
  const now = performance.now.bind(performance)
  let readMs = 0
  t.mock.method(performance, 'now', () => {
    readMs = now()
    return readMs
  })
  // By the clock as it was read for the round: this process may stand still between that and its work.
  const ask = shareRounds(async () => void starts.push(readMs))
  await ask()
  await ask()
  const [first = 0, second = 0] = starts
  // A timer counts whole milliseconds: it may fire up to 2 ms early.
  assert.ok(second - first >= 98, `${second - first} ms`)
})

test('a round that fails fails for those who shared it only', async () => {
  let round = 0
  const ask = shareRounds(async () => {
    round += 1
    if (round === 1) throw new Error('lost')
    return round
  })
  await assert.rejects(ask(), /lost/)
  assert.equal(await ask(), 2)
})
