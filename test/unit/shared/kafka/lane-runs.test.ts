import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TailraceError } from '#shared/errors.ts'
import { Lane } from '#shared/kafka/lane.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { bytesOf, toMessage } from '#shared/kafka/record-mapping.ts'
import { sendByPartition } from '#shared/kafka/send-by-partition.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { CountingObserver, FakeClock, FakePartition, kafkaError, type Outcome, textRecord } from './fakes.ts'

type End = number | string

/** A lane to which runs are appended; `ends` of a run fills up as its records settle. */
function openLane(partition: FakePartition) {
  const clock = new FakeClock()
  const lane = new Lane({
    ...{ topic: 'events', partition: 3, clock, observe: new CountingObserver() },
    sender: sendByPartition(partition, clock),
  })
  const appendRun = (values: readonly string[], bytes?: number, run = { isCut: false }): End[] => {
    const ends: End[] = []
    const end = (index: number, what: End) => {
      assert.equal(ends[index], undefined, 'a record was settled twice')
      ends[index] = what
    }
    const entries = values.map((value, index) => ({
      message: toMessage(textRecord(value), 3),
      bytes: bytes ?? bytesOf(textRecord(value)),
      run,
      resolve: (offset: number) => end(index, offset),
      reject: (error: unknown) => end(index, error instanceof TailraceError ? error.code : 'foreign'),
    }))
    lane.appendAll(entries)
    return ends
  }
  const append = (value: string) => lane.append(toMessage(textRecord(value), 3), bytesOf(textRecord(value)))
  return { lane, clock, appendRun, append }
}

const refusing = (...bad: string[]) => {
  return (value: string) => (bad.includes(value) ? kafkaError('MESSAGE_TOO_LARGE') : undefined)
}

test('a run is written in its order, among what others append', async () => {
  const partition = new FakePartition()
  const { lane, append, appendRun } = openLane(partition)
  const ends = appendRun(['a', 'b', 'c'])
  await append('x')
  await lane.drained()
  assert.deepEqual(
    [ends, partition.log],
    [
      [0, 1, 2],
      ['a', 'b', 'c', 'x'],
    ],
  )
})

test('behind a record that Kafka refuses nothing of its run is written, but everything of others', async () => {
  const partition = new FakePartition([], refusing('bad'))
  const { lane, append, appendRun } = openLane(partition)
  const before = append('x')
  const ends = appendRun(['a', 'bad', 'c', 'd'])
  const [behind, other] = [append('y'), appendRun(['e', 'f'])]
  await lane.drained()
  assert.deepEqual(partition.log, ['x', 'a', 'y', 'e', 'f'])
  assert.deepEqual(ends, [1, 'event-too-large', 'batch-incomplete', 'batch-incomplete'])
  assert.deepEqual([await before, await behind, other], [0, 2, [3, 4]])
})

test('that holds over several batches of one run', async () => {
  const partition = new FakePartition([], refusing('700'))
  const { lane, appendRun } = openLane(partition)
  const ends = appendRun(Array.from({ length: 1_600 }, (_, index) => String(index)))
  await lane.drained()
  assert.equal(partition.log.length, 700)
  assert.deepEqual(
    [ends[699], ends[700], ends[701], ends[1_599]],
    [699, 'event-too-large', ...Array(2).fill('batch-incomplete')],
  )
})

test('a topic that stays unknown ends the whole run, also what was not in the refused batch', async () => {
  const partition = new FakePartition([], () => kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  const { lane, appendRun } = openLane(partition)
  const ends = appendRun(Array.from({ length: 501 }, () => 'a'))
  await lane.drained()
  assert.deepEqual([ends[0], ends[499], ends[500]], ['stream-unknown', 'stream-unknown', 'stream-unknown'])
})

const MiB = 1024 * 1024

test('a run that does not fit is refused whole; one larger than the queue needs it empty', async () => {
  const partition = new FakePartition(['silence'])
  const { lane, append, appendRun } = openLane(partition)
  const first = append('x')
  while (partition.sends.length === 0) await Promise.resolve()
  const large = appendRun(['a', 'b', 'c'], 12 * MiB)
  const second = appendRun(['d', 'e'], 12 * MiB)
  assert.deepEqual(second, ['overloaded', 'overloaded'])
  partition.breakSilence()
  await first
  await lane.drained()
  assert.deepEqual(
    [large, partition.log],
    [
      [1, 2, 3],
      ['x', 'a', 'b', 'c'],
    ],
  )
})

test('a broken lane takes nothing of a run', async () => {
  const partition = new FakePartition(['silence'])
  const { clock, append, appendRun } = openLane(partition)
  const first = append('x')
  while (partition.sends.length === 0) await Promise.resolve()
  clock.time += 7_000
  assert.deepEqual(appendRun(['a', 'b']), ['kafka-unavailable', 'kafka-unavailable'])
  partition.breakSilence()
  await first
  assert.deepEqual(partition.log, ['x'])
})

test('when a part of a run is refused, neither the next part is written nor what waits of the earlier one', async () => {
  const partition = new FakePartition(['silence'])
  const { lane, append, appendRun } = openLane(partition)
  const run = { isCut: false }
  const first = append('x')
  const early = appendRun(['a', 'b'], 15 * MiB, run)
  while (partition.sends.length === 0) await Promise.resolve()
  assert.deepEqual(appendRun(['c'], 15 * MiB, run), ['overloaded'])
  assert.deepEqual(appendRun(['d'], 100, run), ['batch-incomplete'])
  partition.breakSilence()
  await first
  await lane.drained()
  assert.deepEqual([partition.log, early], [['x'], ['batch-incomplete', 'batch-incomplete']])
})

test('lanes that are closed refuse a run whole', async () => {
  const connection = {
    brokers: ['127.0.0.1:1'],
    clientId: 't',
    log: createLogger('test', { level: 'silent', instance: 't' }),
  }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'leader' })
  await lanes.close()
  const codes: unknown[] = []
  const refused = (index: number, error: unknown) => codes.push([index, (error as TailraceError).code])
  lanes.appendAll('t', 0, {
    ...{ records: [textRecord('a'), textRecord('b')], run: { isCut: false } },
    ...{ stored: () => assert.fail(), refused },
  })
  assert.deepEqual(codes, [
    [0, 'stopping'],
    [1, 'stopping'],
  ])
})

const outcome = fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'lost-reply', 'lost-request', 'fatal')
const runsOfLengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

test('whatever Kafka answers, a run is written from its start to some point, once, in order', async () => {
  const anything = fc.asyncProperty(
    fc.array(outcome, { maxLength: 12 }),
    runsOfLengths,
    fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
    async (outcomes, lengths, bad) => {
      const names = lengths.map((length, run) => Array.from({ length }, (_, index) => `${run}.${index}`))
      const all = names.flat()
      const refused = bad.map((at) => all[at % all.length] ?? '')
      const partition = new FakePartition(outcomes, refusing(...refused))
      const { lane, appendRun } = openLane(partition)
      const ends: End[][] = []
      for (const values of names) {
        ends.push(appendRun(values))
        await Promise.resolve()
      }
      await lane.drained()
      for (const [run, values] of names.entries()) {
        const firstBad = values.findIndex((value) => refused.includes(value))
        const good = firstBad === -1 ? values : values.slice(0, firstBad)
        // A fatal sequence error may write a batch twice, never in another order.
        const written = [...new Set(partition.log.filter((value) => value.startsWith(`${run}.`)))]
        assert.deepEqual(written, good)
        assert.deepEqual(
          ends[run]?.map((end) => typeof end === 'number'),
          values.map((_, index) => index < good.length),
        )
      }
    },
  )
  await fc.assert(anything, { numRuns: 500 })
})
