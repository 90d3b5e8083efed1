import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceDeleted } from '../../../../services/console/deliveries/deleted.ts'
import { attempt, logInMemory } from './log-in-memory.ts'

type Log = ReturnType<typeof logInMemory>

function traceOf(log: Log, subscription: string, offset: number, known: readonly string[] = []) {
  const options = { admin: log.admin, topic: 'attempts', isKnown: (uid: string) => known.includes(uid) }
  return traceDeleted(options, { subscription, partition: 0, offset }).then(({ trace, names }) => ({ ...trace, names }))
}

const statesOf = async (trace: ReturnType<typeof traceOf>) => (await trace).found.map(({ entry }) => entry.state)

test('all attempts of a delivery are found by the name that its subscription had', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 7, state: 'retrying', nextAttemptAtMs: 5_000, list: [attempt({ number: 1 })] }])
  for (let offset = 20; offset < 60; offset += 1) log.write(`other${offset % 3}`, 1_000 + offset, [{ offset }])
  log.write('a', 5_000, [{ offset: 8 }, { offset: 7, attempts: 2, list: [attempt({ number: 2 })] }])
  assert.deepEqual(await statesOf(traceOf(log, 's-a', 7)), ['retrying', 'delivered'])
  assert.equal((await traceOf(log, 's-a', 7)).isWhole, true)
  assert.deepEqual(await statesOf(traceOf(log, 's-a', 9)), [])
  assert.deepEqual(await statesOf(traceOf(log, 's-b', 7)), [])
  assert.deepEqual(await statesOf(traceOf(log, 's-a', 7, ['a'])), [], 'one that is there is found otherwise')
})

test('of several subscriptions that had the name the last one counts that had such a delivery', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 7, state: 'dead-lettered' }], { subscription: 'billing' })
  log.write('b', 2_000, [{ offset: 7 }], { subscription: 'billing' })
  log.write('c', 3_000, [{ offset: 9 }], { subscription: 'billing' })
  assert.deepEqual(await statesOf(traceOf(log, 'billing', 7)), ['delivered'])
  assert.deepEqual(await statesOf(traceOf(log, 'billing', 7, ['b'])), ['dead-lettered'])
})

test('what retention took is told, too', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [], { ranges: [{ from: 3, to: 9 }] })
  const { passedOver, names } = await traceOf(log, 's-a', 8)
  assert.deepEqual([passedOver?.atMs, names?.uid, names?.stream], [1_000, 'a', 'orders'])
  assert.equal((await traceOf(log, 's-a', 9)).passedOver, null)
})

test('what a second target made of its attempts is found behind them', async () => {
  const log = logInMemory()
  const told = { offset: 7, number: 1, url: 'http://two/', comparison: { kind: 'match' } } as const
  log.write('a', 1_000, [{ offset: 7, list: [attempt({ number: 1, isCompared: true })] }])
  log.write('a', 2_000, [], { comparisons: [told] })
  log.write('b', 3_000, [], { comparisons: [told], subscription: 's-a' })
  assert.deepEqual(
    (await traceOf(log, 's-a', 7)).comparisons.map((one) => one.told.atMs),
    [2_000],
  )
})

test('the attempts before a job are told, too, although the job may have begun to count anew', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 7, state: 'dead-lettered' }])
  log.write('a', 9_000, [{ offset: 7 }], { job: 'job_1' })
  assert.deepEqual(await statesOf(traceOf(log, 's-a', 7)), ['dead-lettered', 'delivered'])
})
