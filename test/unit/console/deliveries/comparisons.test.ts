import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Comparison } from '#shared/delivery/comparison.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import { comparisonMember, comparisonOf } from '../../../../services/console/deliveries/comparisons.ts'
import { readComparisons } from '../../../../services/console/deliveries/read-comparisons.ts'
import { traceDelivery } from '../../../../services/console/deliveries/trace.ts'
import { attempt, logInMemory, partitions } from './log-in-memory.ts'

const side = (status: number) => ({ status, bodySha256: `sha of ${status}`, bodyBytes: 3 })
const mismatch: Comparison = { kind: 'mismatch', primary: side(200), other: side(500) }
const compared = (number: number, atMs: number) => attempt({ number, atMs, isCompared: true })
const told = (offset: number, number: number, comparison: Comparison = mismatch) => ({
  ...{ offset, number, url: 'http://two/', comparison },
})

/** What is told of each attempt of the delivery. */
async function comparisonsIn(log: ReturnType<typeof logInMemory>, offset: number) {
  const own = partitionForKey(Buffer.from('a'), partitions)
  const high = (await log.admin.offsets('attempts'))[own]?.high ?? 0
  const part = { topic: 'attempts', partition: own, low: 0, high }
  const options = { admin: log.admin, part, wanted: { uid: 'a', partition: 0, offset }, sinceMs: 0 }
  const trace = await traceDelivery(options)
  await readComparisons(options, trace)
  return trace.found.flatMap(({ batch, entry }) =>
    entry.list.map((one) => comparisonMember(one, comparisonOf(one, batch.instance, trace.comparisons))),
  )
}

test('a mismatch is told with both answers, wherever it stands near its attempt', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 4 }], { comparisons: [told(6, 1)] })
  log.write(
    'a',
    2_000,
    [5, 6].map((offset) => ({ offset, list: [compared(1, 1_500)] })),
    { comparisons: [told(5, 1)] },
  )
  log.write('a', 3_000, [{ offset: 7, list: [compared(1, 2_900)] }])
  for (let at = 1; at <= 300; at += 1) log.write('a', 3_000 + at, [{ offset: 1_000 + at }])
  log.write('b', 4_000, [], { comparisons: [told(7, 1, { kind: 'match' })] })
  log.write('a', 60_000, [], { comparisons: [told(8, 1), told(7, 2), told(7, 1)] })
  const whole = {
    ...{ result: 'mismatch', target: 'http://two/' },
    primary: { target: 'http://one/', ...side(200) },
    other: { target: 'http://two/', ...side(500) },
  }
  for (const offset of [5, 6, 7]) assert.deepEqual(await comparisonsIn(log, offset), [whole], `${offset}`)
  assert.deepEqual(await comparisonsIn(log, 4), [null])
})

test('each attempt of a delivery has its own, also behind a time that was passed over', async () => {
  const log = logInMemory()
  const hour = 3_600_000
  const failed = { offset: 5, state: 'retrying', nextAttemptAtMs: hour } as const
  log.write('a', 10_000, [{ ...failed, list: [compared(1, 9_990)] }])
  log.write('a', 24_000, [], { comparisons: [told(5, 1, { kind: 'unanswered' })] })
  for (let at = 1; at <= 2_000; at += 1) log.write('a', 30_000 + at, [{ offset: 100 + at }])
  log.write('a', hour, [{ offset: 5, attempts: 2, list: [compared(2, hour)] }], {
    comparisons: [told(5, 2, { kind: 'match' })],
  })
  const nothing = { primary: null, other: null }
  assert.deepEqual(await comparisonsIn(log, 5), [
    { result: 'unanswered', target: 'http://two/', ...nothing },
    { result: 'match', target: 'http://two/', ...nothing },
  ])
})

test('what is not on record is unknown, and not looked for beyond the time that it may take', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 5, list: [compared(1, 1_000)] }])
  for (let at = 1; at <= 20_000; at += 1) log.write('a', 1_000 + at * 1_000, [{ offset: 5 + at }])
  assert.deepEqual(await comparisonsIn(log, 5), [{ result: 'unknown', target: null, primary: null, other: null }])
  assert.ok(log.reads() < 10, `${log.reads()} reads`)
})

test('an instance that died and repeats an attempt under its number is told from itself by the time', () => {
  const comparison = { kind: 'match' } as const
  const all = [2_000, 9_000].map((atMs) => ({
    instance: 'one',
    told: { offset: 5, number: 1, atMs, url: 'http://two/', comparison },
  }))
  assert.equal(comparisonOf({ number: 1, atMs: 1_990 }, 'one', all)?.atMs, 2_000)
  assert.equal(comparisonOf({ number: 1, atMs: 8_990 }, 'one', all)?.atMs, 9_000)
  assert.equal(comparisonOf({ number: 1, atMs: 1_990 }, 'two', all), undefined)
  assert.equal(comparisonOf({ number: 2, atMs: 1_990 }, 'one', all), undefined)
})
