import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { anySelection } from '#shared/delivery/dead-letter-selection.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { openDeadLetterIndex } from '../../../services/console/dead-letter-index.ts'
import { createShelf } from '../../../services/console/dead-letter-shelf.ts'
import { findDeadLetters } from '../../../services/console/dead-letters.ts'
import { until } from '../../support/until.ts'
import { deadLetter, settled } from '../shared/delivery/dead-letters.ts'

test('counts the dead letters of a subscription that are not settled and have not expired', async (t) => {
  const records: StoredRecord[] = []
  let [low, isAway] = [0, true]
  const index = openDeadLetterIndex({
    admin: {
      async offsets() {
        if (isAway) throw new Error('away')
        return [{ partition: 0, low, high: records.length }]
      },
      read: async ({ from, to }) => ({ records: records.slice(from, to), next: to, bytes: 0 }),
    },
    ...{ topic: 'dead-letters', log: pino({ level: 'silent' }) },
    shelf: createShelf({ streamOf: () => ({ name: 'orders', defaultType: null }) }),
  })
  t.after(() => index.close())
  const put = (make: (offset: number) => StoredRecord) => records.push(make(records.length))
  put((offset) => deadLetter({ offset, source: 'events.orders/0/1@5' }))
  put((offset) => deadLetter({ offset, source: 'events.orders/0/2@5' }))
  put((offset) => deadLetter({ offset, uid: 'u2' }))
  assert.equal(await index.catchUp(5_000), false)
  assert.equal(index.countOf('u1'), null, 'nobody knows yet')
  isAway = false
  await until('it is current', () => index.catchUp(5_000))
  assert.deepEqual(
    ['u1', 'u2', 'u3'].map((uid) => index.countOf(uid)),
    [2, 1, 0],
  )
  put((offset) => deadLetter({ offset, source: 'events.orders/0/1@5', cause: 'exhausted' }))
  put((offset) => settled(records[1] ?? assert.fail(), { offset, job: 'j' }))
  await index.catchUp(5_000)
  assert.equal(index.countOf('u1'), 1, 'one died again, the other one was redriven')
  low = 4
  await index.catchUp(5_000)
  assert.deepEqual([index.countOf('u1'), index.countOf('u2')], [0, 0])
})

test('a list says how many dead letters it leaves out, and takes them in when there is room', async (t) => {
  const topic: StoredRecord[] = Array.from({ length: 15 }, (_, offset) => deadLetter({ offset, atMs: 1_000 + offset }))
  const admin = {
    offsets: async () => [{ partition: 0, low: 0, high: topic.length }],
    read: async ({ from, to }: { from: number; to: number }) => {
      const next = Math.min(from + 4, to)
      return { records: topic.slice(from, next), next, bytes: 0 }
    },
  }
  const shelf = createShelf({ streamOf: (name) => ({ name, defaultType: null }), most: 10 })
  const deadLetters = openDeadLetterIndex({ admin, topic: 'dead-letters', shelf, log: pino({ level: 'silent' }) })
  t.after(() => deadLetters.close())
  const look = async () => {
    const { letters, leftOut } = await findDeadLetters({ deadLetters }, anySelection)
    return { offsets: letters.map(({ at }) => at.offset), leftOut, ends: deadLetters.ends() }
  }
  assert.deepEqual(await look(), { offsets: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], leftOut: 5, ends: { 0: 10 } })
  for (const letter of topic.slice(0, 6)) topic.push(settled(letter, { offset: topic.length, job: 'job_A' }))
  await look()
  assert.deepEqual(await look(), { offsets: [14, 13, 12, 11, 10, 9, 8, 7, 6], leftOut: 0, ends: { 0: 21 } })
})
