import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { withQuickRetries } from '#shared/resilience/quick-retry.ts'

type Result = 'good' | 'bad'

/** Attempts with given results; keeps when each one began, in ms after the first. */
function script(...results: Result[]) {
  const begunAtMs: number[] = []
  const startedAt = performance.now()
  const attempt = async (again: number): Promise<Result> => {
    assert.equal(again, begunAtMs.length)
    begunAtMs.push(performance.now() - startedAt)
    return results[again] ?? 'bad'
  }
  return { attempt, begunAtMs }
}
const mayHelp = (result: Result) => result === 'bad'

test('a first success is all there is', async () => {
  const { attempt, begunAtMs } = script('good')
  assert.equal(await withQuickRetries({ attempt, mayHelp }), 'good')
  assert.equal(begunAtMs.length, 1)
})

test('at most 2 more attempts follow, after 100–200 and 400–800 ms', async () => {
  const { attempt, begunAtMs } = script()
  assert.equal(await withQuickRetries({ attempt, mayHelp }), 'bad')
  const [first = 0, second = 0, third = 0] = begunAtMs
  assert.equal(begunAtMs.length, 3)
  // Upper ends leave room for a busy machine; timers never fire early by more than 1 ms.
  assert.ok(second - first >= 99 && second - first < 400, `${second - first}`)
  assert.ok(third - second >= 399 && third - second < 1_400, `${third - second}`)
})

test('a success on the way ends it', async () => {
  const { attempt, begunAtMs } = script('bad', 'good')
  assert.equal(await withQuickRetries({ attempt, mayHelp }), 'good')
  assert.equal(begunAtMs.length, 2)
})

test('what says that no attempt helps is asked after every attempt', async () => {
  const { attempt, begunAtMs } = script()
  let asked = 0
  const result = await withQuickRetries({
    attempt,
    mayHelp: () => {
      asked += 1
      return asked < 2
    },
  })
  assert.deepEqual([result, begunAtMs.length, asked], ['bad', 2, 2])
})

test('no attempt starts later than 2 s after the first one', async (t) => {
  const { attempt, begunAtMs } = script()
  let skewMs = 0
  const now = performance.now.bind(performance)
  t.mock.method(performance, 'now', () => now() + skewMs)
  const slow = async (again: number) => {
    const result = await attempt(again)
    skewMs += 2_001
    return result
  }
  assert.equal(await withQuickRetries({ attempt: slow, mayHelp }), 'bad')
  assert.equal(begunAtMs.length, 1)
})

test('an abort ends the waiting at once and keeps the result so far', async () => {
  const { attempt, begunAtMs } = script()
  const stop = new AbortController()
  const retrying = withQuickRetries({ attempt, mayHelp, signal: stop.signal })
  const startedAt = performance.now()
  setImmediate(() => stop.abort())
  assert.equal(await retrying, 'bad')
  assert.equal(begunAtMs.length, 1)
  assert.ok(performance.now() - startedAt < 90)
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
  const { attempt, begunAtMs } = script()
  assert.equal(await withQuickRetries({ attempt, mayHelp, signal: AbortSignal.abort() }), 'bad')
  assert.equal(begunAtMs.length, 1)
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
