import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import { busyPace, LongPoll, longPollOf, restingSlackMs } from '#shared/kafka/long-poll.ts'

const idleForMs = 5_001

/** So many groups without work, the first of them as described; time is told by `wait`. */
function openGroups(t: TestContext, { count = 1, mayRest = true, isPaused = (): boolean => false } = {}) {
  let nowMs = 1_000
  mock.method(performance, 'now', () => nowMs)
  t.after(() => mock.restoreAll())
  const polls = Array.from({ length: count }, (_, index) => new LongPoll({ groupId: `g${index}`, mayRest, isPaused }))
  t.after(() => {
    for (const poll of polls) poll.close()
  })
  const [first] = polls
  assert.ok(first !== undefined)
  const wait = (ms: number) => {
    nowMs += ms
  }
  return { first, wait }
}

test('a group that does something is asked for at its full pace, and so is each of a few quiet ones', (t) => {
  const { first, wait } = openGroups(t, { count: 10 })
  assert.deepEqual(first.pace, busyPace)
  wait(idleForMs)
  assert.deepEqual(first.pace, busyPace)
  assert.equal(restingSlackMs(), 0)
})

for (const { count, waitMs, heartbeatMs } of [
  { count: 40, waitMs: 400, heartbeatMs: 500 },
  { count: 100, waitMs: 1_000, heartbeatMs: 1_000 },
  { count: 500, waitMs: 1_500, heartbeatMs: 1_500 },
]) {
  test(`one of ${count} quiet groups rests for ${waitMs} ms, until something happens`, (t) => {
    const { first, wait } = openGroups(t, { count })
    wait(idleForMs)
    assert.deepEqual(first.pace, { waitMs, heartbeatMs })
    assert.equal(restingSlackMs(), waitMs - busyPace.waitMs)
    first.stir()
    assert.deepEqual(first.pace, busyPace)
    wait(idleForMs)
    assert.equal(first.pace.waitMs, waitMs)
  })
}

test('a group with a paused partition does not rest: the resume is to be noticed soon', (t) => {
  let isPaused = true
  const { first, wait } = openGroups(t, { count: 100, isPaused: () => isPaused })
  wait(idleForMs)
  assert.deepEqual(first.pace, busyPace)
  isPaused = false
  assert.equal(first.pace.waitMs, 1_000)
})

test('a group that may not rest never does', (t) => {
  const { first, wait } = openGroups(t, { count: 100, mayRest: false })
  wait(idleForMs)
  assert.deepEqual(first.pace, busyPace)
})

test('a membership that replaces another one of its group counts, and closing the old one changes nothing', (t) => {
  const { first } = openGroups(t)
  const next = new LongPoll({ groupId: 'g0', mayRest: true, isPaused: () => false })
  first.close()
  assert.equal(longPollOf('g0'), next)
  next.close()
  assert.equal(longPollOf('g0'), undefined)
})
