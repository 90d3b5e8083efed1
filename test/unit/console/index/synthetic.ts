import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import type { LogEntry, LoggedComparison, LoggedRange } from '#shared/delivery/log/entries.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { openForWriting } from '../../../../services/console/index/open-database.ts'
import { createReader } from '../../../../services/console/index/reader.ts'
import { type Followed, openStore } from '../../../../services/console/index/store.ts'
import type { IndexedStream } from '../../../../services/console/index/write-events.ts'
import { entry, type Told } from '../deliveries/log-in-memory.ts'

export const orders: IndexedStream = {
  ...{ name: 'orders', topic: 'events.orders', defaultType: null, createdAt: '2026-11-21T09:00:00.000Z' },
}
export const ofOrders: Followed = { kind: 'stream', topic: orders.topic, stream: orders }
export const ofAttempts: Followed = { kind: 'attempts', topic: 'attempts' }
export const ofLetters: Followed = { kind: 'dead-letters', topic: 'dead-letters' }
export const ofAudit: Followed = { kind: 'audit', topic: 'audit' }

const streamOf = () => ({ name: 'orders', defaultType: null })

/** A file of its own, a store on it and a reader beside it. */
export function indexOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-index-'))
  const file = { path: join(folder, 'index.db'), installation: 'test.' }
  const opened = openForWriting(file)
  const reader = createReader(file)
  t.after(() => {
    reader.close()
    opened.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const store = openStore(opened.db, streamOf)
  let logged = 0
  return {
    ...{ file, opened, reader, store, ask: reader.ask },
    /** Events of partition 0, the first of them at offset `from`. */
    publish(events: readonly Partial<Event>[], from = 0) {
      const records = events.map((event, at) => eventRecord({ offset: from + at, atMs: 1_000 * (from + at), ...event }))
      store.apply({ of: ofOrders, partition: 0, next: from + records.length, records }, 0)
    },
    /** One record of the attempts topic about partition 0. */
    tell(uid: string, told: readonly (Told & { atMs: number })[], more: Parameters<typeof attemptsRecord>[2] = {}) {
      const record = attemptsRecord(uid, told.map(entry), { offset: logged, ...more })
      logged += 1
      store.apply({ of: ofAttempts, partition: 0, next: logged, records: [record] }, 0)
    },
  }
}

export type Event = { offset: number; atMs: number; id: string; source: string; type: string; key: string | null }

export function eventRecord({
  offset = 0,
  atMs = 0,
  id,
  source = '/shop',
  type = 'order.created',
  key = 'k',
}: Partial<Event>) {
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: id ?? `e${offset}`, ce_source: source, ce_type: type },
    ...{ 'content-type': 'application/json', tailrace_received: new Date(atMs).toISOString() },
    ...{ tailrace_instance: 'producer-2', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  }
  const place = { topic: orders.topic, partition: 0, offset, timestampMs: atMs }
  return {
    ...place,
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from('{}'),
    headers,
  } satisfies StoredRecord
}

type More = {
  offset?: number
  job?: string
  subscription?: string
  instance?: string
  ranges?: readonly LoggedRange[]
  comparisons?: readonly LoggedComparison[]
}

export function attemptsRecord(uid: string, entries: readonly LogEntry[], more: More = {}): StoredRecord {
  const { offset = 0, job = null, subscription = `s-${uid}`, instance = 'one', ranges = [], comparisons = [] } = more
  const builder = new BatchBuilder({ uid, subscription, stream: 'orders', partition: 0, instance, job })
  for (const one of entries) builder.add(one)
  for (const one of ranges) builder.addRange(one)
  for (const one of comparisons) builder.compare(one)
  return { ...builder.take(), topic: 'attempts', partition: 0, offset, timestampMs: entries.at(-1)?.atMs ?? 0 }
}
