import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Place } from '../../../../services/console/deliveries/cursor.ts'
import type { StreamQuestion } from '../../../../services/console/deliveries/stream-walk.ts'
import { logInMemory } from './log-in-memory.ts'

export type Filter = StreamQuestion['filter']

const all: Filter = {
  ...{ state: undefined, key: undefined, type: undefined, target: undefined, sinceMs: null, untilMs: null },
}
const stream = { name: 'orders', topic: 'events.orders', defaultType: null }

/** Event `offset` came at `1000 * offset`; every third one is an order, the tenth one is none. */
const event = (offset: number): StoredRecord => ({
  ...{ topic: stream.topic, partition: 0, offset, timestampMs: 1_000 * offset, key: Buffer.from(`k${offset % 2}`) },
  value: offset === 10 ? null : Buffer.from('{}'),
  headers: {
    ...{ ce_specversion: '1.0', ce_id: `e${offset}`, ce_source: '/shop' },
    ce_type: offset % 3 === 0 ? 'order.made' : 'invoice.made',
  },
})

/**
 * A stream of 20 events with one partition, and a subscription that wants orders, began at event 2, stands at event 15 and has
 * gone through event 17, too.
 * `updatedMs`: when its filter was set.
 */
export function streamInMemory({ updatedMs = 100_000 } = {}) {
  const log = logInMemory()
  const records = Array.from({ length: 20 }, (_, offset) => event(offset))
  const admin: StreamQuestion['admin'] = {
    async read(range) {
      if (range.topic !== stream.topic) return await log.admin.read(range)
      return { records: records.slice(range.from, range.to), next: range.to, bytes: 100 * (range.to - range.from) }
    },
    offsets: async (topic) =>
      topic === stream.topic ? [{ partition: 0, low: 0, high: records.length }] : await log.admin.offsets(topic),
    offsetsAt: async (topic, atMs) =>
      topic === stream.topic
        ? [{ partition: 0, offset: Math.min(records.length, Math.ceil(atMs / 1_000)) }]
        : await log.admin.offsetsAt(topic, atMs),
    committed: async () => [{ partition: 0, offset: 15, metadata }],
  }
  const metadata = encodeMetadata({ token: 't', base: 15, runs: [{ start: 17, length: 1 }], atMs: 0 }).text
  const subscription = {
    ...{ name: 'billing', uid: 'a', stream: 'orders', group: 'g', startOffsets: { 0: 2 } },
    ...{ filter: { types: ['order.*'], cel: null }, updatedAt: new Date(updatedMs).toISOString() },
  }
  const question = (asked: Partial<Filter>, limit = 50, after: Place | null = null): StreamQuestion => ({
    ...{ admin, subscription, stream, log: 'attempts', filter: { ...all, ...asked }, after, limit },
  })
  return { log, question }
}
