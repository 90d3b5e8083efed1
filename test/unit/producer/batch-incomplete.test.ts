import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ErrorCode, TailraceError } from '#shared/errors.ts'
import type { AppendRun } from '#shared/kafka/lanes.ts'
import { type Door, openDoor } from './door.ts'

const batch = { 'content-type': 'application/cloudevents-batch+json' }
const event = (id: string, key?: string) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: '/x',
    type: 't',
    ...(key === undefined ? {} : { partitionkey: key }),
  })

type End = number | ErrorCode | undefined

/** A door whose lanes end each event as said by its id; undefined is never. */
function doorWith(t: TestContext, ends: Record<string, End>, deadlineMs = 1_000): Door & { runs: string[][] } {
  const runs: string[][] = []
  const appendAll = (_topic: string, _partition: number, { records, stored, refused }: AppendRun) => {
    runs.push(records.map(({ headers }) => headers.ce_id ?? ''))
    for (const [index, { headers }] of records.entries()) {
      const end = ends[headers.ce_id ?? '']
      if (typeof end === 'number') stored(index, end)
      else if (end !== undefined) refused(index, new TailraceError(end, `it is ${end}`, { retryAfterMs: 2_000 }))
    }
  }
  const door = openDoor({ appendAll, deadlineMs })
  t.after(() => door.close())
  return { ...door, runs }
}

type Result = { index: number; status: number; id: string; code?: string; retryable?: boolean; offset?: number }

async function publish(door: Door, events: readonly string[]) {
  const answer = await door.post({ headers: batch, payload: `[${events}]` })
  const body = answer.json()
  return {
    status: answer.statusCode,
    code: body.code,
    body,
    results: body.results as Result[],
    headers: answer.headers,
  }
}

test('events of one partition are one run in their order; those without a key stay together', async (t) => {
  const door = doorWith(t, { a: 0, b: 0, c: 1, d: 1, e: 2 })
  await publish(door, [event('a'), event('b', 'k'), event('c'), event('d', 'l'), event('e')])
  assert.deepEqual(door.runs, [
    ['a', 'c', 'e'],
    ['b', 'd'],
  ])
})

test('when some events are stored and some are not, each one is told how it ended', async (t) => {
  const door = doorWith(t, { a: 7, b: 'event-too-large', c: 'batch-incomplete', d: 8 })
  const { status, code, body, results, headers } = await publish(
    door,
    ['a', 'b', 'c', 'd'].map((id) => event(id)),
  )
  assert.deepEqual(
    [status, code, body.stored, body.retryable, headers['retry-after']],
    [503, 'batch-incomplete', 2, true, '2'],
  )
  assert.match(body.detail, /^2 of 4 events are stored; see results/)
  assert.deepEqual(results[0], { ...results[0], index: 0, status: 202, id: 'a', offset: 7, position: 'orders-0-7' })
  assert.deepEqual(results.slice(1, 3), [
    { index: 1, status: 413, id: 'b', code: 'event-too-large', retryable: false },
    { index: 2, status: 503, id: 'c', code: 'batch-incomplete', retryable: true },
  ])
})

test('what Kafka did not answer within the deadline is unknown, what it answered is not', async (t) => {
  const door = doorWith(t, { a: 7 }, 20)
  const { status, code, body, results, headers } = await publish(door, [event('a'), event('b')])
  assert.deepEqual([status, code, body.stored, headers['tailrace-dedup']], [503, 'batch-incomplete', 1, 'off'])
  assert.match(body.detail, /^1 of 2 events is stored; send the same batch again with the same ids\.$/)
  assert.deepEqual(results[1], { index: 1, status: 503, id: 'b', code: 'outcome-unknown', retryable: true })
})

test('when all events end alike and none is stored, that code is the answer, with the results', async (t) => {
  const codes: [ErrorCode, number][] = [
    ['kafka-unavailable', 503],
    ['overloaded', 503],
    ['event-too-large', 413],
  ]
  for (const [end, expected] of codes) {
    const { status, code, body, results } = await publish(doorWith(t, { a: end, b: end }), [event('a'), event('b')])
    assert.deepEqual([status, code, body.stored, results.length], [expected, end, 0, 2])
  }
  const unknown = await publish(doorWith(t, {}, 20), [event('a'), event('b')])
  assert.deepEqual(
    [unknown.status, unknown.code, unknown.results[1]?.code],
    [503, 'outcome-unknown', 'outcome-unknown'],
  )
})

test('an event that stands twice and is not stored is answered alike twice', async (t) => {
  const { results } = await publish(doorWith(t, { a: 'kafka-unavailable', b: 1 }), [event('a'), event('b'), event('a')])
  assert.deepEqual({ ...results[2], index: 0 }, results[0])
})
