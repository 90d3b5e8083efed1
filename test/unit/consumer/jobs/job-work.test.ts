import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Job } from '#shared/catalog/job-schema.ts'
import { TailraceError } from '#shared/errors.ts'
import type { JobTarget, Recipient } from '../../../../services/consumer/jobs/job-target.ts'
import { JobWork, type JobWorkOptions } from '../../../../services/consumer/jobs/job-work.ts'
import type { JobEnding, JobItem } from '../../../../services/consumer/jobs/source.ts'
import { until } from '../../../support/until.ts'

type Load = JobItem['load']

/** An event that the log no longer has: it ends without an attempt. */
const gone: Load = async () => null

/** A replay for a subscription that lets one item be under way in each of its three slots. */
function workOn(
  loads: readonly Load[],
  { missing = null, order = null }: { missing?: string | null; order?: string | null },
) {
  const ended: [number, JobEnding][] = []
  const done: (string | null)[] = []
  const reported: unknown[] = []
  const may = { paused: false, work: true }
  const items = loads.map((load, offset): JobItem => {
    const source = { topic: 'events.orders', partition: 0, offset, timestampMs: 0 }
    return { order, source, letter: null, load, askedToWait: null }
  })
  const left = [...items]
  const options = {
    environment: { states: { reason: () => null }, jobTelemetry: { item: () => undefined } },
    job: { id: 'job_1', kind: 'replay', ratePerSecond: null } as Job,
    source: {
      next: async (count: number) => ({ items: left.splice(0, count), isLast: left.length === 0 }),
      ended: (item: JobItem, ending: JobEnding) => void ended.push([item.source.offset, ending]),
      missing: () => missing,
    },
    recipient: () => ({ subscription: { uid: 'u', paused: may.paused, heldAt: null, delivery: {} } }) as Recipient,
    target: { slots: () => 3, follow: () => 'same' } as unknown as JobTarget,
    trouble: { report: (error: unknown) => void reported.push(error), outlast: async () => undefined },
    mayWork: () => may.work,
    isWanted: () => true,
    onDone: (found: string | null) => void done.push(found),
  } as unknown as JobWorkOptions
  const work = new JobWork(options)
  const pumped = (what: string, isSo: () => boolean) =>
    until(what, () => {
      if (done.length === 0) work.pump(performance.now())
      return isSo()
    })
  return { work, pumped, isRead: () => left.length === 0, ended, done, reported, may }
}

test('everything is handed out once; what the log no longer had is told at the end', async () => {
  const loads = Array.from({ length: 700 }, () => gone)
  const { work, pumped, ended, done } = workOn(loads, { missing: 'two of them expired' })
  await pumped('it is done', () => done.length > 0)
  assert.deepEqual(done, ['two of them expired'])
  assert.equal(new Set(ended.map(([offset]) => offset)).size, 700)
  assert.equal(ended.length, 700)
  work.close()
})

test('as many are under way as there are slots, and one of an order', async () => {
  for (const [order, most] of [
    [null, 3],
    ['key', 1],
  ] as const) {
    const free: (() => void)[] = []
    const load: Load = () => new Promise((resolve) => free.push(() => resolve(null)))
    const { work, pumped, ended, done } = workOn([load, load, load, load, load], { order })
    await pumped('some are under way', () => work.underWay === most)
    work.pump(performance.now())
    assert.equal(free.length, most)
    await pumped('all have ended', () => {
      free.shift()?.()
      return done.length > 0
    })
    assert.equal(ended.length, 5)
    if (order !== null)
      assert.deepEqual(
        ended.map(([offset]) => offset),
        [0, 1, 2, 3, 4],
      )
    work.close()
  }
})

test('nothing goes out while the subscription is paused, or while it is doubtful who runs the jobs', async () => {
  const { work, pumped, isRead, ended, done, may } = workOn([gone, gone], {})
  may.paused = true
  await pumped('it was read', isRead)
  await setImmediate()
  work.pump(performance.now())
  may.paused = false
  may.work = false
  work.pump(performance.now())
  assert.deepEqual([ended, work.underWay], [[], 0])
  may.work = true
  await pumped('it is done', () => done.length > 0)
  assert.equal(ended.length, 2)
  work.close()
})

test('what Kafka does not give now comes again, and before what is behind it', async () => {
  let failures = 0
  const failing: Load = async () => {
    failures += 1
    if (failures < 2) throw new TailraceError('kafka-unavailable', 'not now')
    return null
  }
  const { work, pumped, ended, done, reported } = workOn([failing, gone], { order: 'key' })
  await pumped('it is done', () => done.length > 0)
  assert.deepEqual(
    ended.map(([offset]) => offset),
    [0, 1],
  )
  assert.equal(reported.length, 1)
  work.close()
})

test('once closed it sends nothing more, and does not call itself done', async () => {
  let [free, loaded] = [(): void => undefined, 0]
  const slow: Load = () => {
    loaded += 1
    return new Promise((resolve) => {
      free = () => resolve(null)
    })
  }
  const { work, pumped, ended, done } = workOn([slow, slow], { order: 'key' })
  await pumped('one is under way', () => work.underWay === 1)
  work.close()
  free()
  await until('it has ended', () => ended.length === 1)
  work.pump(performance.now())
  assert.deepEqual([loaded, done], [1, []])
})
