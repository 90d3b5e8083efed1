import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { type Append, RetryLane } from '../../../services/consumer/retry-lane.ts'
import { until } from '../../support/until.ts'

const append = (offset: number, token = 'own', value = ''): Append => ({
  kind: 'append',
  token,
  ref: { kind: 'park', offset, timestampMs: 0 },
  record: { key: Buffer.from('k'), value: Buffer.from(value), headers: { offset: String(offset) } },
})

const unavailable = () => new TailraceError('kafka-unavailable', 'not now')

/** A lane over a produce lane that answers with `take`; what it was given, and what it said. */
function laneThat(take: (offset: number, attempt: number) => Promise<number>) {
  const given: number[] = []
  const said: string[] = []
  let attempts = 0
  const lane = new RetryLane({
    topic: 'r',
    partition: 0,
    lanes: {
      append: (_topic, _partition, { headers }: EventRecord) => {
        given.push(Number(headers.offset))
        attempts += 1
        return take(Number(headers.offset), attempts)
      },
      dropTopicPartition: () => void said.push('dropped'),
    },
    onAppended: ({ ref }, at) => void said.push(`${ref.kind === 'fence' ? 'fence' : ref.offset} at ${at}`),
    onRefused: ({ ref }, detail) => void said.push(`${ref.kind === 'fence' ? 'fence' : ref.offset} refused: ${detail}`),
    onDelay: () => void said.push('delayed'),
    onProgress: () => {},
  })
  return { lane, given, said, untilSaid: (count: number) => until(`${count} lines`, () => said.length >= count) }
}

test('what is asked for in one turn goes out together, in order, and is said when it is stored', async () => {
  const { lane, given, said, untilSaid } = laneThat(async (offset) => offset + 100)
  for (const offset of [1, 2, 3]) lane.append(append(offset))
  await untilSaid(3)
  assert.deepEqual(given, [1, 2, 3])
  assert.deepEqual(said, ['1 at 101', '2 at 102', '3 at 103'])
})

test('nothing overtakes what could not be taken yet', async () => {
  const { lane, said, given } = laneThat((offset, attempt) =>
    attempt <= 2 ? Promise.reject(unavailable()) : Promise.resolve(offset),
  )
  lane.append(append(1))
  lane.append(append(2))
  await until('both were tried', () => given.length === 2)
  lane.append(append(3))
  await until('all are stored', () => said.includes('3 at 3'))
  assert.deepEqual(given, [1, 2, 1, 2, 3])
})

test('a refusal for good is said, and the rest goes on', async () => {
  const { lane, said, untilSaid } = laneThat((offset) =>
    offset === 1 ? Promise.reject(new TailraceError('event-too-large', 'too much')) : Promise.resolve(offset),
  )
  lane.append(append(1))
  lane.append(append(2))
  await untilSaid(2)
  assert.deepEqual(said, ['1 refused: too much', '2 at 2'])
})

test('what was not sent when its epoch ended is not sent any more; the next epoch goes on', async () => {
  const { lane, given, untilSaid } = laneThat((offset, attempt) =>
    attempt === 1 ? Promise.reject(unavailable()) : Promise.resolve(offset),
  )
  lane.append(append(1, 'old'))
  await until('it was tried', () => given.length === 1)
  lane.append(append(2, 'old'))
  lane.drop('old')
  lane.append(append(3, 'new'))
  await untilSaid(3)
  assert.deepEqual(given, [1, 3])
})

test('large values go out a few at a time', async () => {
  const megabytes = 'x'.repeat(5 * 1024 * 1024)
  let open = 0
  let most = 0
  const { lane, untilSaid } = laneThat(async (offset) => {
    open += 1
    most = Math.max(most, open)
    await new Promise(setImmediate)
    open -= 1
    return offset
  })
  for (const offset of [1, 2, 3]) lane.append(append(offset, 'own', megabytes))
  await untilSaid(3)
  assert.equal(most, 1)
})
