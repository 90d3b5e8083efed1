import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { Intake } from '../../../services/consumer/intake.ts'
import type { Input } from '../../../services/consumer/pair/inputs.ts'
import { createPair, type Pair, type PairPolicy } from '../../../services/consumer/pair/states.ts'
import { until } from '../../support/until.ts'

const policy: PairPolicy = {
  ...{
    ordering: 'key',
    whileBlocked: 'wait',
    retry: { scheduleMs: [1], giveUpAfterMs: 1 },
    inbox: { events: 1, bytes: 1 },
  },
  ...{ waiting: { perKey: 1, perPair: 1, valueBytes: 1 }, judge: () => 'deliver', eventIdOf: () => '' },
}

const pairOf = (partition: number): Pair => ({ ...createPair({ topic: 's', partition }, policy), phase: 'running' })

const recordsOf = (offsets: readonly number[]): StoredRecord[] =>
  offsets.map((offset) => ({
    ...{ topic: 's', partition: 0, offset, timestampMs: 0, key: null, value: Buffer.from('x'), headers: {} },
  }))

const batch = (fetchedFrom: number, offsets: readonly number[]) =>
  ({ kind: 'records', of: 'stream', fetchedFrom, records: recordsOf(offsets) }) as const

type Seen = { pair: Pair; from: number; offsets: number[] }

/** `busyMs`: how long the loop is kept for each record. */
function intakeUnderTest(pairs: Pair[], busyMs = 0) {
  const seen: Seen[] = []
  const flow: string[] = []
  let slices = 0
  const intake = new Intake({
    pairs: () => pairs,
    apply(pair, input: Input) {
      if (input.kind === 'judge-again') pair.table.unjudged.splice(0, input.most)
      if (input.kind !== 'records') return
      for (const endMs = performance.now() + busyMs * input.records.length; performance.now() < endMs; );
      seen.push({ pair, from: input.fetchedFrom, offsets: input.records.map(({ offset }) => offset) })
    },
    onSlice: () => {
      slices += 1
    },
    onFull: ({ partition }) => flow.push(`full ${partition}`),
    onFree: ({ partition }) => flow.push(`free ${partition}`),
    onBroken: (error) => assert.fail(String(error)),
  })
  return { intake, seen, flow, slices: () => slices }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

test('hands over everything in order, each part from where the one before ended, and lets others run in between', async () => {
  const pair = pairOf(0)
  const { intake, seen, slices } = intakeUnderTest([pair], 0.5)
  intake.take(pair, batch(10, [...range(12, 60), ...range(70, 100)]))
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 1)
  await until('all is handed over', () => !intake.holds(pair))
  clearInterval(timer)
  assert.deepEqual(
    seen.flatMap(({ offsets }) => offsets),
    [...range(12, 60), ...range(70, 100)],
  )
  let expected = 10
  for (const { from, offsets } of seen) {
    assert.equal(from, expected)
    expected = (offsets.at(-1) ?? 0) + 1
  }
  assert.ok(slices() > 1 && turns > 1, `${slices()} slices, ${turns} turns of a timer`)
})

test('asks for a pause when batches of a partition pile up, and says when none is left', async () => {
  const [one, two] = [pairOf(1), pairOf(2)]
  const { intake, flow, seen } = intakeUnderTest([one, two], 1)
  intake.take(one, batch(0, range(0, 20)))
  intake.take(two, batch(0, range(0, 20)))
  intake.take(one, batch(20, range(20, 40)))
  await until('all is handed over', () => flow.includes('free 1'))
  assert.deepEqual(flow, ['full 1', 'free 2', 'free 1'])
  assert.equal(seen.flatMap(({ offsets }) => offsets).length, 60)
})

test('what was fetched for an earlier epoch, or before the end, is dropped', async () => {
  const [one, two] = [pairOf(1), pairOf(2)]
  const { intake, seen } = intakeUnderTest([one, two], 1)
  intake.take(one, batch(0, range(0, 30)))
  intake.take(two, batch(0, range(0, 30)))
  one.token = 'another'
  await until('one is through', () => !intake.holds(one))
  const taken = seen.filter(({ pair }) => pair === one).flatMap(({ offsets }) => offsets)
  assert.ok(taken.length < 30, `${taken.length} of 30`)
  intake.clear()
  const before = seen.length
  intake.take(two, batch(0, range(50, 51)))
  await until('the new batch is through', () => !intake.holds(two))
  assert.deepEqual(seen.slice(before).at(-1)?.offsets, [50])
  intake.stop()
  intake.take(two, batch(51, [51]))
  assert.equal(intake.holds(two), true, 'nobody takes it any more')
})

test('what is to be judged again comes before what was fetched', async () => {
  const pair = pairOf(0)
  const { intake, seen } = intakeUnderTest([pair])
  pair.table.unjudged = Array(100).fill(null)
  intake.take(pair, batch(0, [0]))
  await until('all is handed over', () => seen.length === 1)
  assert.equal(pair.table.unjudged.length, 0)
})
