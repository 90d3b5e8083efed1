import type { KafkaAdmin } from '#shared/kafka/admin.ts'

const timePattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** Where a subscription starts, as it is asked for: `earliest`, `latest` or an RFC 3339 time. */
export type From = 'earliest' | 'latest' | { timeMs: number }

/** Reads the member `from`; undefined when it is none of the three forms. */
export function parseFrom(text: string): From | undefined {
  if (text === 'earliest' || text === 'latest') return text
  const timeMs = timePattern.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(timeMs) ? undefined : { timeMs }
}

/** The first offset of each partition that belongs to a subscription created now. */
export async function startOffsets(admin: KafkaAdmin, topic: string, from: From): Promise<Record<string, number>> {
  const offsets = await offsetsOf(admin, topic, from)
  return Object.fromEntries(offsets.map(({ partition, offset }) => [String(partition), offset]))
}

async function offsetsOf(admin: KafkaAdmin, topic: string, from: From) {
  if (typeof from === 'object') return await admin.offsetsAt(topic, from.timeMs)
  const ends = await admin.offsets(topic)
  return ends.map(({ partition, low, high }) => ({ partition, offset: from === 'earliest' ? low : high }))
}
