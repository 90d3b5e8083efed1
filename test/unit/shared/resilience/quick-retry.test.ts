import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { before, mock, test } from 'node:test'
import { withQuickRetries } from '#shared/resilience/quick-retry.ts'

type Result = 'good' | 'bad'

let nowMs = 0

// A clock that stands still unless a test moves it: no attempt comes too late because this process waited for a core.
before(() => void mock.method(performance, 'now', () => nowMs))

/** Attempts with given results; counts them. */
function script(...results: Result[]) {
  let count = 0
  const attempt = async (again: number): Promise<Result> => {
    assert.equal(again, count)
    count += 1
    return results[again] ?? 'bad'
  }
  return { attempt, count: () => count }
}
const mayHelp = (result: Result) => result === 'bad'

test('a first success is all there is', async () => {
  const { attempt, count } = script('good')
  assert.equal(await withQuickRetries({ attempt, mayHelp }), 'good')
  assert.equal(count(), 1)
})

for (const [drawn, waitsMs] of [
  [0, [100, 400]],
  [0.999, [200, 800]],
] as const) {
  test(`at most 2 more attempts follow, after ${waitsMs[0]} and ${waitsMs[1]} ms when chance says ${drawn}`, async (t) => {
    const { attempt, count } = script()
    const { setTimeout: start } = globalThis
    const waited: (number | undefined)[] = []
    t.mock.method(Math, 'random', () => drawn)
    t.mock.method(globalThis, 'setTimeout', (then: () => void, ms?: number) => {
      waited.push(ms)
      return start(then, 0)
    })
    assert.equal(await withQuickRetries({ attempt, mayHelp }), 'bad')
    assert.deepEqual(waited, waitsMs)
    assert.equal(count(), 3)
  })
}

test('a success on the way ends it', async () => {
  const { attempt, count } = script('bad', 'good')
  assert.equal(await withQuickRetries({ attempt, mayHelp }), 'good')
  assert.equal(count(), 2)
})

test('what says that no attempt helps is asked after every attempt', async () => {
  const { attempt, count } = script()
  let asked = 0
  const result = await withQuickRetries({
    attempt,
    mayHelp: () => {
      asked += 1
      return asked < 2
    },
  })
  assert.deepEqual([result, count(), asked], ['bad', 2, 2])
})

test('no attempt starts later than 2 s after the first one', async () => {
  const { attempt, count } = script()
  const slow = async (again: number) => {
    const result = await attempt(again)
    nowMs += 2_001
    return result
  }
  assert.equal(await withQuickRetries({ attempt: slow, mayHelp }), 'bad')
  assert.equal(count(), 1)
})

test('an abort ends the waiting and keeps the result so far', async (t) => {
  // A clock that stands still: only the abort can end the wait.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { attempt, count } = script()
  const stop = new AbortController()
  const retrying = withQuickRetries({ attempt, mayHelp, signal: stop.signal })
  setImmediate(() => stop.abort())
  assert.equal(await retrying, 'bad')
  assert.equal(count(), 1)
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0)
})

test('a success that comes while the signal aborts is not lost', async () => {
  const stop = new AbortController()
  const attempt = async (again: number): Promise<Result> => {
    if (again === 0) return 'bad'
    stop.abort(new Error('stopping'))
    return 'good'
  }
  assert.equal(await withQuickRetries({ attempt, mayHelp, signal: stop.signal }), 'good')
})

test('with an aborted signal there is one attempt, which has to hear of it by itself', async () => {
  const { attempt, count } = script()
  assert.equal(await withQuickRetries({ attempt, mayHelp, signal: AbortSignal.abort() }), 'bad')
  assert.equal(count(), 1)
})

test('what an attempt throws is a bug, comes out at once and is not retried', async () => {
  for (const bug of [new Error('bug'), new TypeError('bug')]) {
    let attempts = 0
    const attempt = async (again: number): Promise<Result> => {
      attempts += 1
      if (again === 1) throw bug
      return 'bad'
    }
    await assert.rejects(withQuickRetries({ attempt, mayHelp }), bug)
    assert.equal(attempts, 2)
  }
})
