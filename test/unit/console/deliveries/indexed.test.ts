import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Console } from '../../../../services/console/context.ts'
import { listIndexed } from '../../../../services/console/deliveries/indexed.ts'
import { indexedTrace } from '../../../../services/console/deliveries/indexed-trace.ts'
import type { StateNames } from '../../../../services/console/deliveries/live-state.ts'
import type { Question } from '../../../../services/console/deliveries/question.ts'
import { indexOf } from '../index/synthetic.ts'
import { attempt } from './log-in-memory.ts'

/** Subscription `a` is held. */
const names: StateNames = {
  of: (_pair, { state }) => (state === 'queued' ? 'held' : state),
  ...{ phase: () => 'held', waiting: () => 'held', goesOn: () => true, underWay: () => [], instances: [] },
}

function consoleOn(t: TestContext) {
  const { tell, store, ask } = indexOf(t)
  const index = { ask: async (...asked: Parameters<typeof ask>) => ask(...asked), catchUp: async () => true }
  const list = (filter: Partial<Question['filter']>, cursor: string | null = null, limit = 2) => {
    const all = { state: undefined, key: undefined, type: undefined, target: undefined, sinceMs: null, untilMs: null }
    const question: Question = { name: 'a', filter: { ...all, ...filter }, cursor, limit }
    return listIndexed({ index } as unknown as Console, question, { uid: 'a', names })
  }
  return { tell, store, list, console: { index } as unknown as Console }
}

test('lists what the index knows, page after page, under the names of now', async (t) => {
  const { tell, store, list } = consoleOn(t)
  tell('a', [
    { offset: 0, atMs: 1 },
    { offset: 1, atMs: 2, state: 'queued', list: [] },
    { offset: 2, atMs: 3 },
  ])
  assert.equal(await list({}), null, 'an index that is behind is not believed')
  store.noteComplete(Date.now())
  const first = await list({})
  assert.deepEqual(
    first?.items.map(({ id, state }) => [id, state]),
    [
      ['s-a-0-2', 'delivered'],
      ['s-a-0-1', 'held'],
    ],
  )
  const second = await list({}, first?.next ?? '')
  assert.deepEqual([second?.items.map(({ id }) => id), second?.next], [['s-a-0-0'], null])
  assert.deepEqual((await list({ state: 'held' }))?.items.length, 1)
  assert.deepEqual((await list({ state: 'paused' }))?.items.length, 0)
  assert.equal(await list({ state: 'expired' }), null)
})

test('leaves it to the log where something was passed over', async (t) => {
  const { tell, store, list } = consoleOn(t)
  tell('a', [{ offset: 5, atMs: 1 }], { ranges: [{ state: 'expired', from: 0, to: 5, atMs: 1 }] })
  store.noteComplete(Date.now())
  assert.equal(await list({}), null)
})

test('tells a delivery by all its attempts and its newest word', async (t) => {
  const { tell, console } = consoleOn(t)
  const failed = { decision: 'retry', status: 500, body: 'x' } as const
  tell('a', [{ offset: 3, atMs: 10, state: 'retrying', nextAttemptAtMs: 99, list: [attempt({ ...failed, atMs: 9 })] }])
  tell('a', [{ offset: 3, atMs: 20, state: 'queued', because: 'released', list: [] }])
  const trace = await indexedTrace(console, { uid: 'a', subscription: 's-a', partition: 0, offset: 3 })
  assert.deepEqual(
    trace?.found.map(({ entry }) => [entry.atMs, entry.list.length]),
    [
      [10, 1],
      [20, 0],
    ],
  )
  assert.equal(trace?.found.at(-1)?.entry.because, 'released')
  const none = await indexedTrace(console, { uid: 'a', subscription: 's-a', partition: 0, offset: 4 })
  assert.deepEqual(none, { found: [], comparisons: [], passedOver: null, isWhole: true })
})
