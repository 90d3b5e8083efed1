import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { followSubscriptions } from '../../../services/consumer/reconcile.ts'

const subscription = (uid: string, members: Partial<Subscription> = {}) =>
  ({ uid, name: uid, stream: 'orders', ordering: 'key', retry: { whileBlocked: 'wait' }, ...members }) as Subscription

/** A catalog that says what the test says, and runners that only write down what happens to them. */
function setUp(t: { after(close: () => unknown): void }) {
  const events: string[] = []
  const unreadable = new Set<string>()
  const listeners = new Set<() => void>()
  let subscriptions: Subscription[] = []
  let streams = [{ name: 'orders' } as Stream]
  const runners = followSubscriptions({
    catalog: {
      subscriptions: () => subscriptions,
      stream: (name) => streams.find((stream) => stream.name === name),
      onChange: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    start: ({ uid }) => {
      events.push(`start ${uid}`)
      return {
        update: ({ description }) => events.push(`update ${uid} ${description ?? ''}`.trim()),
        tick: () => {},
        report: () => ({ uid }) as SubscriptionReport,
        stop: async () => void events.push(`stop ${uid}`),
      }
    },
    keptOut: {
      has: ({ uid }) => unreadable.has(uid),
      retain: () => {},
      reports: () => [...unreadable].map((uid) => ({ uid, phase: 'failed' }) as SubscriptionReport),
    },
    onBroken: (error) => assert.fail(String(error)),
  })
  t.after(() => runners.stop())
  const change = (next: Subscription[], nextStreams = streams) => {
    subscriptions = next
    streams = nextStreams
    for (const listener of listeners) listener()
  }
  return { runners, change, unreadable, taken: () => events.splice(0) }
}

test('created subscriptions start, changed ones hear of it, deleted ones stop', (t) => {
  const { runners, change, taken } = setUp(t)
  change([subscription('a'), subscription('b')])
  assert.deepEqual(taken(), ['start a', 'start b'])
  change([subscription('a', { description: 'new' })])
  assert.deepEqual(taken(), ['stop b', 'update a new'])
  assert.equal(runners.count(), 1)
})

test('a subscription whose stream is not known yet starts with the change that brings it', (t) => {
  const { change, taken } = setUp(t)
  change([subscription('a')], [])
  assert.deepEqual(taken(), [])
  change([subscription('a')], [{ name: 'orders' } as Stream])
  assert.deepEqual(taken(), ['start a'])
})

test('another ordering needs another runner, which starts when the first one has stopped', async (t) => {
  const { change, taken } = setUp(t)
  change([subscription('a')])
  change([subscription('a', { ordering: 'none' })])
  await new Promise(setImmediate)
  assert.deepEqual(taken(), ['start a', 'stop a', 'start a'])
})

test('so do keys that no longer wait for a failing event; another schedule does not', async (t) => {
  const { change, taken } = setUp(t)
  const retry = { scheduleMs: [5_000], giveUpAfterMs: 60_000, whileBlocked: 'wait' as const }
  change([subscription('a', { retry })])
  change([subscription('a', { retry: { ...retry, scheduleMs: [1_000] } })])
  assert.deepEqual(taken(), ['start a', 'update a'])
  change([subscription('a', { retry: { ...retry, whileBlocked: 'skip' } })])
  await new Promise(setImmediate)
  assert.deepEqual(taken(), ['stop a', 'start a'])
})

test('after the stop no change starts anything', async (t) => {
  const { runners, change, taken } = setUp(t)
  change([subscription('a')])
  await runners.stop()
  change([subscription('a'), subscription('b')])
  assert.deepEqual(taken(), ['start a', 'stop a'])
})

test('what must not run here stops or never starts, is reported, and comes back when it may', async (t) => {
  const { runners, change, unreadable, taken } = setUp(t)
  unreadable.add('b')
  change([subscription('a'), subscription('b')])
  assert.deepEqual(taken(), ['start a'])
  assert.deepEqual(
    runners.reports().map(({ uid, phase }) => [uid, phase]),
    [
      ['a', undefined],
      ['b', 'failed'],
    ],
  )
  unreadable.add('a')
  change([subscription('a'), subscription('b')])
  unreadable.clear()
  change([subscription('a'), subscription('b')])
  assert.deepEqual(taken(), ['stop a', 'start b'])
  await new Promise(setImmediate)
  assert.deepEqual(taken(), ['start a', 'update b'])
})
