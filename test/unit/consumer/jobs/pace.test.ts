import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '../../../../services/consumer/jobs/pace.ts'
import { until } from '../../../support/until.ts'

test('without a rate every turn may be taken', (t) => {
  const pace = new Pace(() => assert.fail('nobody waits'))
  t.after(() => pace.close())
  assert.deepEqual(
    Array.from({ length: 100 }, () => pace.take()).filter((taken) => !taken),
    [],
  )
})

test('what a rate does not allow yet is called when it does; the same rate again does not begin anew', async (t) => {
  let turns = 0
  const pace = new Pace(() => {
    turns += 1
  })
  t.after(() => pace.close())
  pace.limit(10)
  assert.deepEqual([pace.take(), pace.take(), pace.take()], [true, true, false])
  pace.limit(10)
  assert.equal(pace.take(), false)
  await until('there is a turn', () => turns === 1)
  assert.equal(pace.take(), true)
  pace.limit(null)
  assert.equal(pace.take(), true)
})

test('the longest of what it was told to wait for counts, until somebody says that it goes on', (t) => {
  const pace = new Pace(() => undefined)
  t.after(() => pace.close())
  const nowMs = performance.now()
  assert.equal(pace.isWaiting(nowMs), false)
  pace.wait(60_000)
  pace.wait(1)
  assert.deepEqual([pace.isWaiting(nowMs + 50_000), pace.isWaiting(nowMs + 70_000)], [true, false])
  pace.goOn()
  assert.equal(pace.isWaiting(nowMs), false)
})
