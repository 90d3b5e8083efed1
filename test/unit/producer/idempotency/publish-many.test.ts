import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { LookBack } from '../../../../services/producer/idempotency/look-back.ts'
import { until } from '../../../support/until.ts'
import type { Door } from '../door.ts'
import { createFakeMarks } from './fake-marks.ts'
import { producerOf } from './producer.ts'

const batch = { 'content-type': 'application/cloudevents-batch+json' }
const lines = { 'content-type': 'application/x-ndjson' }
const event = (id: string, data = 1) => JSON.stringify({ specversion: '1.0', id, source: '/x', type: 't', data })
const batchOf = (...ids: string[]) => `[${ids.map((id) => event(id)).join(',')}]`
const keyed = (form: Record<string, string>, key: string) => ({ ...form, 'idempotency-key': key })

async function post(door: Door, headers: Record<string, string>, payload: string) {
  const answer = await door.post({ headers, payload })
  const { results = [], code, errors, stored } = answer.json()
  return {
    ...{ status: answer.statusCode, code, errors, stored, results },
    replayed: results.map((result: { replayed: boolean }) => result.replayed),
    isReplayed: answer.headers['idempotent-replayed'] === 'true',
    dedup: answer.headers['tailrace-dedup'],
  }
}

test('the items of a batch are recognised one by one', async (t) => {
  const { door, stored } = producerOf(t)
  const first = await post(door, batch, batchOf('a1', 'a2'))
  assert.deepEqual([first.replayed, first.isReplayed, first.dedup], [[false, false], false, 'checked'])
  const more = await post(door, batch, batchOf('a2', 'a3', 'a2'))
  assert.deepEqual([more.replayed, more.isReplayed], [[true, false, true], false])
  assert.deepEqual({ ...more.results[0], index: 1, replayed: false }, first.results[1])
  const again = await post(door, batch, batchOf('a1', 'a2', 'a3'))
  assert.deepEqual([again.replayed, again.isReplayed, again.stored], [[true, true, true], true, 3])
  assert.equal(stored.length, 3)
})

test('an event is the same one alone, in a batch and in a line', async (t) => {
  const { door, stored } = producerOf(t)
  await post(door, batch, batchOf('a1'))
  assert.deepEqual((await post(door, lines, `${event('a1')}\n`)).replayed, [true])
  const alone = await door.post({ headers: { 'content-type': 'application/cloudevents+json' }, payload: event('a1') })
  assert.equal(alone.json().replayed, true)
  assert.equal(stored.length, 1)
})

test('one item with another body refuses its batch by index, and the others may come again at once', async (t) => {
  const { door, stored } = producerOf(t)
  await post(door, batch, batchOf('a1'))
  const refused = await post(door, batch, `[${event('b1')},${event('a1', 2)}]`)
  assert.deepEqual([refused.status, refused.code], [422, 'idempotency-mismatch'])
  assert.deepEqual([refused.errors[0].index, refused.errors.length, stored.length], [1, 1, 1])
  assert.deepEqual((await post(door, batch, batchOf('b1'))).replayed, [false])
})

test('what no waiting mends is said before what is still running', async (t) => {
  const gate = Promise.withResolvers<number>()
  let appends = 0
  const append = () => (appends++ === 0 ? Promise.resolve(0) : gate.promise)
  const { door } = producerOf(t, { append })
  await post(door, batch, batchOf('done'))
  const running = post(door, batch, batchOf('running'))
  await until('it is being appended', () => appends === 2)
  const refused = await post(door, batch, `[${event('running')},${event('done', 2)}]`)
  assert.equal(refused.code, 'idempotency-mismatch')
  assert.deepEqual(
    refused.errors.map(({ index, code }: { index: number; code: string }) => [index, code]),
    [
      [0, 'idempotency-in-progress'],
      [1, 'idempotency-mismatch'],
    ],
  )
  gate.resolve(1)
  await running
})

test('under an Idempotency-Key a request of many is one thing: the same bytes are replayed, others are refused', async (t) => {
  const { door, stored } = producerOf(t)
  const first = await post(door, keyed(batch, 'k'), batchOf('a1', 'a2', 'a1'))
  assert.deepEqual(first.replayed, [false, false, false])
  const again = await post(door, keyed(batch, '"k"'), batchOf('a1', 'a2', 'a1'))
  assert.deepEqual([again.replayed, again.isReplayed], [[true, true, true], true])
  for (const other of [batchOf('a1', 'a2', 'a1', 'a3'), batchOf('a1')]) {
    assert.deepEqual((await post(door, keyed(batch, 'k'), other)).code, 'idempotency-mismatch')
  }
  assert.equal(stored.length, 2)
})

test('lines without ids get those that key and place imply, also when Redis recognises nothing', async (t) => {
  const { door, marks, stored } = producerOf(t)
  const payload = `1\n1\n${event('own')}\n`
  const first = await post(door, keyed(lines, 'k'), payload)
  const ids = first.results.map(({ id }: { id: string }) => id)
  assert.equal(new Set(ids).size, 3)
  assert.equal(ids[2], 'own')
  assert.deepEqual((await post(door, keyed(lines, 'k'), payload)).replayed, [true, true, true])
  assert.equal(stored.length, 3)
  marks.flush()
  const second = await post(door, keyed(lines, 'k'), payload)
  assert.deepEqual([second.replayed, second.results.map(({ id }: { id: string }) => id)], [[false, false, false], ids])
  for (const { headers } of stored.slice(3)) assert.ok(ids.includes(headers.ce_id))
  const { id, source, webhookId } = second.results[0]
  assert.equal(webhookId, webhookIdOf(source, id))
})

test('plain lines without a key never touch Redis; one event with an id makes its request ask, for that one alone', async (t) => {
  const { door, marks } = producerOf(t)
  assert.equal((await post(door, lines, '1\n2\n')).dedup, 'off')
  assert.deepEqual(marks.calls, [])
  const mixed = await post(door, lines, `1\n${event('a1')}\n`)
  assert.deepEqual([mixed.dedup, marks.calls], ['checked', ['open', 'settle']])
  assert.deepEqual((await post(door, lines, `1\n${event('a1')}\n`)).replayed, [false, true])
})

test('of an incomplete batch the repeat replays what is stored and appends the rest', async (t) => {
  let isRefusing = true
  let count = 0
  const append = async () => {
    count += 1
    if (isRefusing && count === 2) throw new TailraceError('kafka-unavailable', 'not now')
    return count
  }
  const { door } = producerOf(t, { append })
  const first = await post(door, batch, batchOf('a1', 'a2'))
  assert.deepEqual([first.code, first.dedup], ['batch-incomplete', 'checked'])
  isRefusing = false
  assert.deepEqual((await post(door, batch, batchOf('a1', 'a2'))).replayed, [true, false])
})

test('what is decided after the deadline is written in one round trip, and then replayed', async (t) => {
  const gate = Promise.withResolvers<number>()
  const { door, marks } = producerOf(t, { append: () => gate.promise, deadlineMs: 20 })
  assert.equal((await post(door, batch, batchOf('a1', 'a2', 'a3'))).code, 'outcome-unknown')
  assert.equal((await post(door, batch, batchOf('a2'))).code, 'idempotency-in-progress')
  gate.resolve(9)
  await until('it is written', () => marks.calls.includes('settle'))
  assert.deepEqual((await post(door, batch, batchOf('a1', 'a2', 'a3'))).replayed, [true, true, true])
  assert.equal(marks.calls.filter((call) => call === 'settle').length, 1)
})

test('of a batch whose producer died, what is in the log is replayed and the rest appended', async (t) => {
  const marks = createFakeMarks()
  const dead = producerOf(t, { marks, append: () => new Promise(() => {}), deadlineMs: 10 })
  const find: LookBack['find'] = async ({ events }) => new Map(events.slice(0, 2).map((one, at) => [one, 40 + at]))
  const living = producerOf(t, { marks, lookBack: { find } })
  living.door.lend(dead.door)
  const headers = { ...batch, authorization: `Bearer ${dead.door.key}` }
  await post(dead.door, headers, batchOf('a1', 'a2', 'a3'))
  marks.nowMs += 5_000
  const answer = await post(living.door, headers, batchOf('a1', 'a2', 'a3'))
  assert.deepEqual([answer.replayed, living.stored.length], [[true, true, false], 1])
  assert.deepEqual(living.events.toSorted(), ['found', 'replayed', 'taken-over'])
})

test('bad-input 63: a bad key on many events is refused and nothing is stored', async (t) => {
  const { door, stored } = producerOf(t)
  const refused = await post(door, keyed(batch, 'x'.repeat(256)), batchOf('a1'))
  assert.deepEqual([refused.status, refused.code, stored.length], [400, 'request-malformed', 0])
})

test('ten thousand lines are recognised when they come again', async (t) => {
  const { door, stored } = producerOf(t)
  const payload = Array.from({ length: 10_000 }, (_, index) => event(`a${index}`)).join('\n')
  assert.equal((await post(door, lines, payload)).status, 202)
  const again = await post(door, lines, payload)
  assert.deepEqual([again.isReplayed, stored.length], [true, 10_000])
})
