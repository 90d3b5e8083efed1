import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subscription } from '#shared/catalog/model.ts'
import type { OpsEvent } from '#shared/catalog/ops/events.ts'
import { OpsWatch } from '../../../services/consumer/ops-watch.ts'

const destination = { targets: [{ url: 'http://one/' }] } as Subscription['destination']

/** `told`: what the mark of its phase says, left by an instance that is gone. */
function watchWith({ retentionMs = 1_000_000, told = null as string | null, isSpeaker = (): boolean => true } = {}) {
  const raised: OpsEvent[] = []
  const marks: string[] = []
  let oldestInStreamMs: number | null = null
  let nowMs = 0
  const watch = new OpsWatch({
    ops: {
      raise: (event) => void raised.push(event),
      raiseOnce(event, mark) {
        raised.push(event)
        marks.push(mark)
      },
      async raiseChange({ before, eventOf, ...change }) {
        if (told === null && !change.isSpeaker) return false
        const event = eventOf(told ?? before)
        if (event !== null) raised.push(event)
        return true
      },
      close: async () => {},
    },
    subscription: () => ({ name: 'billing', uid: 'u', stream: 'orders', destination }),
    ...{ laggingAfterMs: 60_000, retentionMs: () => retentionMs, lastError: () => 'oops', isSpeaker },
    standing: () => ({ lagEvents: 5, oldestInStreamMs, oldestMs: null, suppressed: 0 }),
  })
  return {
    watch,
    marks,
    data: () => raised.map(({ data }) => data),
    types: () => raised.map(({ type }) => type.replace('tailrace.', '')),
    /** A moment later, at that time. */
    async at(ms: number) {
      await new Promise(setImmediate)
      nowMs = ms
      watch.tick(nowMs)
    },
    /** A look at an oldest event of this age; null: nothing waits. */
    look(ageMs: number | null) {
      oldestInStreamMs = ageMs === null ? null : Date.now() - ageMs
      nowMs += 1_000
      watch.tick(nowMs)
    },
  }
}

for (const [what, reasons, expected] of [
  ['targets that fail and come back', ['all-targets-failing', null], ['subscription.held', 'subscription.released']],
  ['an operator who holds and releases', ['held-by-operator', null], ['subscription.held', 'subscription.released']],
  [
    'one reason to hold after the other',
    ['all-targets-failing', 'held-by-operator', null],
    ['subscription.held', 'subscription.released'],
  ],
  ['a pause', ['operator', null], ['subscription.paused']],
  [
    'a receiver that is gone while it is held',
    ['all-targets-failing', 'receiver-gone', null],
    ['subscription.held', 'subscription.paused'],
  ],
  ['a target that asks for time', ['target-waits', null, 'target-waits', null], []],
] as const) {
  test(`${what}: ${expected.join(', ') || 'nothing'}`, () => {
    const { watch, look, types } = watchWith()
    look(null)
    for (const reason of reasons) watch.reasonChanged(reason)
    assert.deepEqual(types(), expected)
  })
}

test('what was so when the runner began is no news', () => {
  const { watch, look, types } = watchWith()
  watch.reasonChanged('operator')
  look(null)
  watch.reasonChanged(null)
  assert.deepEqual(types(), [])
})

/** A watch that has looked once and does not own partition 0, until it may `speak`. `after`: ms since that look. */
async function watchBetweenOwners() {
  let isSpeaker = false
  const watched = watchWith({ isSpeaker: () => isSpeaker })
  const startMs = performance.now()
  const after = (ms: number) => watched.at(startMs + ms)
  await after(0)
  const speak = (may: boolean) => {
    isSpeaker = may
  }
  return { ...watched, speak, after }
}

test('without Redis a change that fell between two owners of partition 0 is told by the next one, once', async () => {
  const { watch, speak, after, types } = await watchBetweenOwners()
  watch.reasonChanged('held-by-operator')
  await after(2_000)
  assert.deepEqual(types(), [])
  speak(true)
  await after(4_000)
  await after(6_000)
  assert.deepEqual(types(), ['subscription.held'])
  watch.reasonChanged(null)
  await after(8_000)
  assert.deepEqual(types(), ['subscription.held', 'subscription.released'])
})

test('who owns partition 0 later has had somebody before, who told', async () => {
  const { watch, speak, after, types } = await watchBetweenOwners()
  watch.reasonChanged('operator')
  await after(40_000)
  speak(true)
  await after(42_000)
  assert.deepEqual(types(), [])
})

test('what is over before anybody could tell is not told', async () => {
  const { watch, speak, after, types } = await watchBetweenOwners()
  watch.reasonChanged('held-by-operator')
  await after(2_000)
  watch.reasonChanged('operator')
  await after(4_000)
  speak(true)
  await after(6_000)
  assert.deepEqual(types(), ['subscription.paused'])
  watch.reasonChanged(null)
  watch.reasonChanged('held-by-operator')
  speak(false)
  watch.reasonChanged(null)
  await after(8_000)
  assert.deepEqual(types(), ['subscription.paused', 'subscription.held'])
})

test('a hold says why, and how many wait', () => {
  const { watch, look, data } = watchWith()
  look(null)
  watch.reasonChanged('all-targets-failing')
  assert.deepEqual(data(), [
    {
      ...{ subscription: 'billing', subscriptionUid: 'u', stream: 'orders' },
      ...{ reason: 'all-targets-failing', lagEvents: 5, lastError: 'oops' },
    },
  ])
})

test('lagging is told once per episode, which ends at half the limit, and not of one that is held', () => {
  const { watch, look, types, marks } = watchWith()
  for (const ageMs of [59_000, 61_000, 90_000, 40_000, 61_000]) look(ageMs)
  assert.deepEqual(types(), ['subscription.lagging'])
  for (const ageMs of [29_000, 61_000]) look(ageMs)
  assert.equal(types().length, 2)
  assert.deepEqual(marks, ['lagging:u', 'lagging:u'])
  look(null)
  watch.reasonChanged('all-targets-failing')
  look(61_000)
  assert.deepEqual(types().slice(2), ['subscription.held'])
  watch.reasonChanged(null)
  look(61_000)
  assert.deepEqual(types().slice(3), ['subscription.released', 'subscription.lagging'])
})

test('half and four fifths of the retention are told, each once, held or not', () => {
  const { watch, look, types, marks, data } = watchWith({ retentionMs: 10_000 })
  look(null)
  watch.reasonChanged('all-targets-failing')
  for (const ageMs of [4_000, 5_100, 6_000, 8_100, 9_000]) look(ageMs)
  assert.deepEqual(types().slice(1), ['subscription.retention-near', 'subscription.retention-near'])
  assert.deepEqual(marks, ['retention:u:0.5', 'retention:u:0.8'])
  assert.deepEqual([data()[1]?.used, data()[2]?.used, data()[1]?.retentionMs], [0.5, 0.8, 10_000])
})

test('a dead letter names its delivery and its cause', () => {
  const { watch, data, marks } = watchWith()
  watch.buried(2, 7, { cause: 'refused', code: 'status-422', detail: 'x'.repeat(2_000) })
  const [letter] = data()
  assert.deepEqual([letter?.id, letter?.position, letter?.cause], ['billing-2-7', 'orders-2-7', 'refused'])
  assert.equal(String(letter?.detail).length, 500)
  assert.deepEqual(marks, ['dead-letter:u:refused'])
})

test('a mismatch of compared targets names both answers', () => {
  const { watch, data, types } = watchWith()
  const side = (status: number) => ({ status, bodySha256: `hash of ${status}`, bodyBytes: 3 })
  const comparison = { kind: 'mismatch', primary: side(200), other: side(500) } as const
  watch.mismatched({ partition: 2, offset: 7 }, comparison, 'http://two/hooks?token=secret')
  assert.deepEqual(types(), ['compare.mismatch'])
  assert.deepEqual(
    [data()[0]?.id, data()[0]?.primary, data()[0]?.other],
    [
      'billing-2-7',
      { target: 'http://one', status: 200, bodySha256: 'hash of 200' },
      { target: 'http://two', status: 500, bodySha256: 'hash of 500' },
    ],
  )
})

test('a hold that was told by instances which are gone is over with the first success', () => {
  const { watch, types } = watchWith({ told: 'held' })
  watch.succeeded()
  watch.succeeded()
  assert.deepEqual(types(), ['subscription.released'])
  const other = watchWith()
  other.watch.succeeded()
  assert.deepEqual(other.types(), [])
})
