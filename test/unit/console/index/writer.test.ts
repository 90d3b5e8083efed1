import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { createThreadLogger } from '#shared/observability/log.ts'
import { isDamage, removeFiles } from '../../../../services/console/index/open-database.ts'
import { createReader, type Reader } from '../../../../services/console/index/reader.ts'
import { createWaker } from '../../../../services/console/index/waker.ts'
import { writeIndex } from '../../../../services/console/index/writer.ts'
import { takeWriterLock } from '../../../../services/console/index/writer-lock.ts'
import { until } from '../../../support/until.ts'
import { entry } from '../deliveries/log-in-memory.ts'
import { attemptsRecord, eventRecord, orders } from './synthetic.ts'

const topics = { attempts: 'attempts', deadLetters: 'dead-letters', audit: 'audit', eventsPrefix: 'events.' }
const beginMs = Date.now() - 3_600_000
const any = { id: null, source: null, key: null, type: null, stream: null, sinceMs: null, untilMs: null }

/** A log in memory, and a writer that follows it into a file. */
function following(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-writer-'))
  const path = join(folder, 'index.db')
  const logs = new Map<string, StoredRecord[]>([topics.attempts, orders.topic].map((topic) => [topic, []]))
  const lows = new Map<string, number>()
  let streams = [orders]
  let isClosed = false
  const waker = createWaker()
  const written = writeIndex({
    data: { path, installation: 'test.', topics, retentionMs: Number.MAX_SAFE_INTEGER, mostBytes: 1e9 },
    admin: {
      describeTopic: async () => undefined,
      async offsets(topic) {
        const log = logs.get(topic)
        if (log === undefined) throw new Error(`there is no ${topic}`)
        return [{ partition: 0, low: lows.get(topic) ?? 0, high: log.length }]
      },
      async read({ topic, from, to }) {
        const end = Math.min(to, from + 7)
        return { records: (logs.get(topic) ?? []).slice(from, end), next: end, bytes: 1 }
      },
    },
    ...{ waker, log: createThreadLogger('silent', () => {}), streams: () => streams, goesOn: () => !isClosed },
    onStore: () => {},
  })
  const reader = createReader({ path, installation: 'test.' })
  t.after(async () => {
    isClosed = true
    waker.wake()
    await written
    reader.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const log = (topic: string) => logs.get(topic) ?? []
  return {
    ...{ path, reader, lows, log },
    follow(now: typeof streams) {
      streams = now
    },
    publish(count: number, createdMs = 0) {
      const to = log(orders.topic)
      for (let n = 0; n < count; n += 1)
        to.push(eventRecord({ offset: to.length, atMs: beginMs + createdMs + to.length }))
      waker.wake()
    },
  }
}

const eventsIn = (reader: Reader) => {
  try {
    return reader.ask('listEvents', { filter: any, after: null, limit: 5_000 }).map(({ offset }) => offset)
  } catch {
    return []
  }
}

function storedIn(reader: Reader): number {
  const from = Math.floor(beginMs / 60_000)
  const minutes = reader.ask('readMinutes', { series: ['stored/orders'], from, to: from + 5 })
  return minutes.reduce((sum, { value }) => sum + value, 0)
}

test('follows the log and says up to when it is complete', async (t) => {
  const { publish, reader, log } = following(t)
  publish(30)
  log(topics.attempts).push(attemptsRecord('a', [entry({ offset: 4, atMs: 9 })]))
  await until('all is there', () => eventsIn(reader).length === 30)
  const askedMs = Date.now()
  await until('it is complete', () => (reader.ask('indexStatus', null).completeToMs ?? 0) > askedMs)
  assert.equal(reader.ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 4 })?.row?.state, 'delivered')
  publish(5)
  await until('the rest is there', () => eventsIn(reader).length === 35)
  assert.equal(storedIn(reader), 35)
})

test('an index that was deleted is built again, and counts nothing twice', async (t) => {
  const { publish, reader, path } = following(t)
  publish(40)
  await until('all is there', () => eventsIn(reader).length === 40)
  removeFiles(path)
  publish(10)
  await until('all is there again', () => eventsIn(reader).length === 50)
  assert.equal(storedIn(reader), 50)
})

test('an index that was damaged is built again', async (t) => {
  const { publish, reader, path } = following(t)
  publish(40)
  await until('all is there', () => eventsIn(reader).length === 40)
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
  rmSync(path)
  writeFileSync(path, 'no database at all')
  publish(2)
  await until('all is there again', () => eventsIn(reader).length === 42)
})

test('a reader sees that pages were overwritten, and the writer begins anew when the file is taken away', async (t) => {
  const { publish, reader, path } = following(t)
  publish(2_000)
  await until('all is there', () => eventsIn(reader).length === 2_000)
  const other = new DatabaseSync(path)
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  other.close()
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(200_000, 'x'), 0, 200_000, 4_096)
  closeSync(file)
  const fresh = createReader({ path, installation: 'test.' })
  const ask = () => fresh.ask('listEvents', { filter: any, after: null, limit: 5_000 })
  assert.throws(ask, ({ cause }: Error) => isDamage(cause))
  fresh.close()
  removeFiles(path)
  publish(2)
  await until('all is there again', () => eventsIn(reader).length === 2_002)
})

test('what retention took of the log is passed over, and what a new log has is read from its beginning', async (t) => {
  const { publish, reader, lows, log, follow } = following(t)
  lows.set(orders.topic, 10)
  publish(20)
  await until('all is there', () => eventsIn(reader).length === 10)
  assert.deepEqual(eventsIn(reader).toSorted((a, b) => a - b)[0], 10)
  lows.set(orders.topic, 0)
  log(orders.topic).length = 0
  follow([{ ...orders, createdAt: '2026-12-01T00:00:00.000Z' }])
  publish(3, 1_000)
  await until('the new ones are there', () => eventsIn(reader).length === 13)
})

test('one writer has the lock of a folder until it is released', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'index.db.lock')
  const first = takeWriterLock(path)
  assert.notEqual(first, null)
  assert.equal(takeWriterLock(path), null)
  first?.release()
  const next = takeWriterLock(path)
  assert.notEqual(next, null)
  next?.release()
})
