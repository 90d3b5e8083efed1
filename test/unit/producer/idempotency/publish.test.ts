import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LightMyRequestResponse } from 'fastify'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { LookBack, Wanted } from '../../../../services/producer/idempotency/look-back.ts'
import { until } from '../../../support/until.ts'
import type { Door } from '../door.ts'
import { createFakeMarks, type FakeMarks } from './fake-marks.ts'
import { producerOf } from './producer.ts'

const json = { 'content-type': 'application/json' }
const withKey = (key: string) => ({ ...json, 'idempotency-key': key })
const binary = (id: string) => ({
  ...json,
  ...{ 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/shop', 'ce-type': 'order' },
})
const post = (door: Door, headers: Record<string, string>, payload = '{"n":1}') => door.post({ headers, payload })
const codeOf = (answer: LightMyRequestResponse) => [answer.statusCode, answer.json().code]
const dedupOf = (answer: LightMyRequestResponse) => answer.headers['tailrace-dedup']

test('bad-input 60: the same key and body get the same answer, marked as a repeat, and one record', async (t) => {
  const { door, stored } = producerOf(t)
  for (const headers of [withKey('k1'), binary('a1')]) {
    const first = await post(door, headers)
    const again = await post(door, headers)
    assert.deepEqual([first.statusCode, first.json().replayed, dedupOf(first)], [202, false, 'checked'])
    assert.equal(first.headers['idempotent-replayed'], undefined)
    assert.deepEqual([again.statusCode, again.headers['idempotent-replayed']], [202, 'true'])
    assert.deepEqual(again.json(), { ...first.json(), replayed: true })
  }
  assert.equal(stored.length, 2)
  assert.equal((await post(door, withKey('"k1"'))).json().replayed, true)
})

test('bad-input 61: another body under the same key, or the same source and id, is refused', async (t) => {
  const { door, stored } = producerOf(t)
  for (const headers of [withKey('k1'), binary('a1')]) {
    await post(door, headers)
    assert.deepEqual(codeOf(await post(door, headers, '{"n":2}')), [422, 'idempotency-mismatch'])
  }
  assert.equal(stored.length, 2)
})

test('a key stands above source and id, whose first values are the answer', async (t) => {
  const { door, stored } = producerOf(t)
  const first = await post(door, { ...binary('a1'), 'idempotency-key': 'k' })
  const again = await post(door, { ...binary('a2'), 'idempotency-key': 'k' })
  assert.deepEqual(again.json(), { ...first.json(), replayed: true })
  assert.equal(stored.length, 1)
})

test('bad-input 64: two API keys with the same idempotency key are independent', async (t) => {
  const { door, stored } = producerOf(t)
  const other = { ...withKey('k1'), authorization: `Bearer ${door.keyWith(['publish:*'])}` }
  const [one, two] = [await post(door, withKey('k1')), await post(door, other, '{"n":2}')]
  assert.deepEqual([one.statusCode, two.statusCode, stored.length], [202, 202, 2])
  assert.notEqual(one.json().id, two.json().id)
})

test('bad-input 63: a bad key is refused and nothing is stored', async (t) => {
  const { door, stored } = producerOf(t)
  for (const key of ['', '""', 'x'.repeat(256)]) {
    assert.deepEqual(codeOf(await post(door, withKey(key))), [400, 'request-malformed'])
  }
  assert.equal(stored.length, 0)
})

test('of fifty twins at once, at two producers, one is stored and the others wait or get its answer', async (t) => {
  const gate = Promise.withResolvers<void>()
  const [marks, stored]: [FakeMarks, EventRecord[]] = [createFakeMarks(), []]
  const append = async (record: EventRecord) => {
    await gate.promise
    return stored.push(record) - 1
  }
  const doors = [0, 1].map(() => producerOf(t, { marks, stored, append }).door)
  const key = doors[0]?.key ?? ''
  doors[1]?.lend(doors[0] as Door)
  const headers = { ...withKey('k'), authorization: `Bearer ${key}` }
  let count = 0
  const refused = () => count
  const answers = Array.from({ length: 50 }, async (_, index) => {
    const answer = await post(doors[index % 2] as Door, headers)
    if (answer.statusCode === 409) count += 1
    return answer
  })
  await until('all others are answered', () => refused() === 49)
  gate.resolve()
  const codes = (await Promise.all(answers)).map((answer) => answer.json().code ?? answer.statusCode)
  assert.equal(codes.filter((code) => code === 202).length, 1)
  assert.equal(codes.filter((code) => code === 'idempotency-in-progress').length, 49)
  assert.equal(stored.length, 1)
  assert.equal((await post(doors[1] as Door, headers)).json().replayed, true)
})

test('a twin of what is running is told when to come again', async (t) => {
  const { door } = producerOf(t, { append: () => new Promise(() => {}), deadlineMs: 60 })
  const first = post(door, withKey('k'))
  const second = await post(door, withKey('k'))
  assert.deepEqual([...codeOf(second), second.json().retryable], [409, 'idempotency-in-progress', true])
  assert.equal(second.headers['retry-after'], '1')
  await first
})

test('after outcome-unknown the repeat waits for the append that is still under way, and gets its answer', async (t) => {
  const late = Promise.withResolvers<number>()
  const { door, marks } = producerOf(t, { append: () => late.promise, deadlineMs: 20 })
  assert.deepEqual(codeOf(await post(door, binary('a1'))), [503, 'outcome-unknown'])
  assert.deepEqual(codeOf(await post(door, binary('a1'))), [409, 'idempotency-in-progress'])
  late.resolve(77)
  await until('the answer is written', () => marks.calls.includes('settle'))
  const again = await post(door, binary('a1'))
  assert.deepEqual([again.statusCode, again.json().offset, again.json().replayed], [202, 77, true])
})

test('what the lane refused can be published again at once', async (t) => {
  let isRefusing = true
  const append = async () => {
    if (isRefusing) throw new TailraceError('kafka-unavailable', 'not now')
    return 7
  }
  const { door } = producerOf(t, { append })
  assert.deepEqual(codeOf(await post(door, binary('a1'))), [503, 'kafka-unavailable'])
  isRefusing = false
  const again = await post(door, binary('a1'), '{"another":"body"}')
  assert.deepEqual([again.statusCode, again.json().replayed], [202, false])
})

test('a producer that died between its steps is waited for, then the event is appended again under the same id', async (t) => {
  const [marks, stored]: [FakeMarks, EventRecord[]] = [createFakeMarks(), []]
  const dead = producerOf(t, { marks, stored, append: () => new Promise(() => {}), deadlineMs: 10 })
  const living = producerOf(t, { marks, stored })
  living.door.lend(dead.door)
  const headers = { ...withKey('k'), authorization: `Bearer ${dead.door.key}` }
  assert.deepEqual(codeOf(await post(dead.door, headers)), [503, 'outcome-unknown'])
  assert.deepEqual(codeOf(await post(living.door, headers)), [409, 'idempotency-in-progress'])
  marks.nowMs += 5_000
  const again = await post(living.door, headers)
  assert.deepEqual([again.statusCode, again.json().replayed, stored.length], [202, false, 1])
  assert.deepEqual(living.events, ['taken-over'])
})

test('what a dead producer did store is found in the log, replayed and written down', async (t) => {
  const [marks, stored]: [FakeMarks, EventRecord[]] = [createFakeMarks(), []]
  const append = (record: EventRecord) => {
    stored.push(record)
    return new Promise<number>(() => {})
  }
  const dead = producerOf(t, { marks, stored, append, deadlineMs: 10 })
  const looked: Wanted[] = []
  const find: LookBack['find'] = async (wanted) => {
    looked.push(wanted)
    return new Map(wanted.events.map((event) => [event, 42]))
  }
  const living = producerOf(t, { marks, stored, lookBack: { find } })
  living.door.lend(dead.door)
  const headers = { ...withKey('k'), authorization: `Bearer ${dead.door.key}` }
  await dead.door.post({ headers, payload: '{"n":1}', query: { key: 'customer' } })
  marks.nowMs += 5_000
  for (let times = 0; times < 2; times += 1) {
    const { replayed, offset, partition, id } = (await post(living.door, headers)).json()
    assert.deepEqual([replayed, offset, partition, id], [true, 42, 1, stored[0]?.headers.ce_id])
  }
  assert.deepEqual([stored.length, looked.length, living.events.includes('found')], [1, 1, true])
  assert.deepEqual([looked[0]?.partition, looked[0]?.topic], [1, 'tailrace.events.orders'])
  assert.deepEqual(marks.calls.filter((call) => call === 'settle').length, 1)
})

for (const isThere of [true, false]) {
  const outcome = isThere ? 'replays it' : 'stores it'
  test(`a search in the log that takes too long is told to the publisher, and its repeat ${outcome}`, async (t) => {
    const [marks, stored]: [FakeMarks, EventRecord[]] = [createFakeMarks(), []]
    const dead = producerOf(t, { marks, append: () => new Promise<number>(() => {}), deadlineMs: 10 })
    const search = Promise.withResolvers<void>()
    const find: LookBack['find'] = async ({ events }) => {
      await search.promise
      return new Map(isThere ? events.map((event) => [event, 42]) : [])
    }
    const living = producerOf(t, { marks, stored, lookBack: { find }, searchPatienceMs: 5 })
    const other = producerOf(t, { marks, stored })
    for (const { door } of [living, other]) door.lend(dead.door)
    const headers = { ...withKey('k'), authorization: `Bearer ${dead.door.key}` }
    await post(dead.door, headers)
    marks.nowMs += 5_000
    for (const { door } of [living, living, other]) {
      assert.deepEqual(codeOf(await post(door, headers)), [409, 'idempotency-in-progress'])
    }
    search.resolve()
    const answer = await until('the search has ended', async () => {
      const { statusCode, json } = await post(other.door, headers)
      return statusCode === 202 ? json() : undefined
    })
    assert.deepEqual([answer.replayed, stored.length], [isThere, isThere ? 0 : 1])
  })
}

test('the id that a key implies is in the log and gives the webhook-id, also when Redis recognises nothing', async (t) => {
  const { door, marks, stored } = producerOf(t)
  const first = await post(door, withKey('k'))
  marks.flush()
  const second = await post(door, withKey('k'))
  assert.equal(second.json().replayed, false)
  assert.deepEqual([second.json().id, second.json().webhookId], [first.json().id, first.json().webhookId])
  assert.equal(first.json().webhookId, webhookIdOf(first.json().source, first.json().id))
  assert.deepEqual(
    stored.map(({ headers }) => headers.ce_id),
    [first.json().id, first.json().id],
  )
})

test('an event without key and id never touches Redis', async (t) => {
  const { door, marks } = producerOf(t)
  const answer = await post(door, json)
  assert.deepEqual([answer.statusCode, dedupOf(answer), marks.calls.length], [202, 'off', 0])
})

test('without a configured Redis everything is accepted, and says so', async (t) => {
  const { door, marks, stored } = producerOf(t, { isConfigured: false })
  for (let times = 0; times < 2; times += 1) {
    const answer = await post(door, withKey('k'))
    assert.deepEqual([answer.statusCode, answer.json().replayed, dedupOf(answer)], [202, false, 'off'])
  }
  assert.deepEqual(marks.calls, [])
  assert.equal(stored[0]?.headers.ce_id, stored[1]?.headers.ce_id)
})

test('a Redis that refuses or is gone lets everything pass, and says so', async (t) => {
  const { door, marks, redis, events } = producerOf(t)
  marks.mood = 'refuse'
  assert.deepEqual(dedupOf(await post(door, withKey('k1'))), 'unavailable')
  redis.isUp = false
  const calls = marks.calls.length
  assert.deepEqual(dedupOf(await post(door, withKey('k2'))), 'unavailable')
  assert.equal(marks.calls.length, calls)
  assert.deepEqual(events, ['unchecked', 'unchecked'])
})

test('without Redis a producer still recognises the repeats of what it stored itself, also twins at once', async (t) => {
  const { door, marks, stored } = producerOf(t)
  marks.mood = 'refuse'
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(door, withKey('k'))))
  assert.equal(stored.length, 1)
  assert.ok(answers.every(({ statusCode }) => statusCode === 202 || statusCode === 409))
  assert.equal((await post(door, withKey('k'))).json().replayed, true)
  assert.deepEqual(codeOf(await post(door, withKey('k'), '{"n":2}')), [422, 'idempotency-mismatch'])
})

test('a Redis that stalls is waited for once; later publishes do not ask it', async (t) => {
  const { door, marks } = producerOf(t)
  marks.mood = 'stall'
  assert.equal(dedupOf(await post(door, withKey('k1'))), 'unavailable')
  const calls = marks.calls.length
  for (const key of ['k2', 'k3', 'k4']) assert.equal(dedupOf(await post(door, withKey(key))), 'unavailable')
  assert.equal(marks.calls.filter((call) => call !== 'ping').length, calls)
})

test('when Redis is lost between the steps the event is stored, and its answer is written later', async (t) => {
  const { door, marks } = producerOf(t, {
    append: async () => {
      marks.mood = 'refuse'
      return 7
    },
  })
  const answer = await post(door, withKey('k'))
  assert.deepEqual([answer.statusCode, dedupOf(answer)], [202, 'unavailable'])
  marks.mood = 'well'
  await until('the answer is written', async () => (await post(door, withKey('k'))).json().replayed)
})

test('after a reconnect the check is best effort', async (t) => {
  const { door, redis } = producerOf(t)
  redis.reconnectedMs = 59_000
  assert.equal(dedupOf(await post(door, withKey('k1'))), 'best-effort')
  redis.reconnectedMs = 61_000
  assert.equal(dedupOf(await post(door, withKey('k2'))), 'checked')
})
