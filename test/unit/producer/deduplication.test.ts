import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { Deduplicate, DedupRequest, Ending, Verdict } from '../../../services/producer/deduplication.ts'
import { openDoor } from './door.ts'

const batch = { 'content-type': 'application/cloudevents-batch+json' }
const structured = { 'content-type': 'application/cloudevents+json' }
const event = (id: string) => JSON.stringify({ specversion: '1.0', id, source: '/x', type: 't' })

const before = { ...{ id: 'b', source: '/x', webhookId: 'evt_b', partition: 4, offset: 44 }, replayed: true }
const replay: Verdict = { kind: 'replay', answer: { ...before, position: 'orders-4-44' } }
const refuse: Verdict = { kind: 'refuse', error: new TailraceError('idempotency-in-progress', 'it is running') }

/** A door that asks for verdicts by event id and writes down what it is told. */
function doorWith(t: TestContext, verdicts: Record<string, Verdict>, more: Parameters<typeof openDoor>[0] = {}) {
  const told: string[] = []
  const asked: DedupRequest[] = []
  const endingOf = (ending: Ending) => (ending instanceof TailraceError ? ending.code : ending.position)
  const deduplicate: Deduplicate = async (request) => {
    asked.push(request)
    return {
      mode: () => 'checked',
      verdicts: request.events.map(({ id }) => verdicts[id] ?? { kind: 'append' }),
      ended: (index, ending) => void told.push(`${request.events[index]?.id} ${endingOf(ending)}`),
      settled: async () => void told.push('settled'),
    }
  }
  const door = openDoor({ ...more, deduplicate })
  t.after(() => door.close())
  return { door, told, asked }
}

test('valid events are judged once each, with their exact bytes, before anything is appended', async (t) => {
  const { door, told, asked } = doorWith(t, {})
  const answer = await door.post({ headers: batch, payload: `[${event('a')} , ${event('c')},${event('a')}]` })
  assert.deepEqual([answer.statusCode, answer.headers['tailrace-dedup']], [202, 'checked'])
  assert.deepEqual(
    asked[0]?.events.map(({ record }) => record.value?.toString()),
    [event('a'), event('c')],
  )
  assert.deepEqual(told, ['a orders-0-0', 'c orders-0-1', 'settled'])
  await door.post({ headers: batch, payload: `[${event('a')},{}]` })
  assert.equal(asked.length, 1, 'an invalid batch was judged')
})

test('what was stored before is answered as it was, and not appended', async (t) => {
  const { door, told } = doorWith(t, { b: replay })
  const one = await door.post({ headers: structured, payload: event('b') })
  assert.deepEqual(
    [one.json().position, one.json().replayed, one.headers['idempotent-replayed']],
    ['orders-4-44', true, 'true'],
  )
  const many = await door.post({ headers: batch, payload: `[${event('a')},${event('b')}]` })
  const { stored, results } = many.json()
  assert.deepEqual(
    [stored, results[0].replayed, results[1].replayed, results[1].position],
    [2, false, true, 'orders-4-44'],
  )
  assert.equal(many.headers['idempotent-replayed'], undefined)
  assert.equal(door.stored.length, 1)
  assert.deepEqual(told, ['a orders-0-0', 'settled'])
})

test('one refused event refuses its request by index; the others are told that they were not appended', async (t) => {
  const { door, told } = doorWith(t, { b: refuse })
  const one = await door.post({ headers: structured, payload: event('b') })
  assert.deepEqual([one.statusCode, one.json().code], [409, 'idempotency-in-progress'])
  const many = await door.post({ headers: batch, payload: `[${event('a')},${event('a')},${event('b')}]` })
  const { code, errors } = many.json()
  assert.deepEqual([many.statusCode, code, errors[0].index], [409, 'idempotency-in-progress', 2])
  assert.deepEqual([door.stored.length, told], [0, ['a idempotency-in-progress', 'settled']])
})

test('an event is told how it ended when Kafka has decided, although its publisher was told before', async (t) => {
  const late = Promise.withResolvers<number>()
  const { door, told } = doorWith(t, {}, { append: () => late.promise, deadlineMs: 20 })
  const answer = await door.post({ headers: structured, payload: event('a') })
  assert.deepEqual([answer.json().code, told], ['outcome-unknown', ['settled']])
  late.resolve(7)
  await late.promise
  assert.deepEqual(told, ['settled', 'a orders-0-7'])
})
