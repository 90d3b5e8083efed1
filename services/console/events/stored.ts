import type { Stream } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Console } from '../context.ts'

export type EventPosition = { stream: string; partition: number; offset: number }

/** A name may look like a position itself, so the last two numbers count. */
const form = /^([a-z0-9][a-z0-9-]*)-(0|[1-9]\d{0,5})-(0|[1-9]\d{0,14})$/

/** `<stream>-<partition>-<offset>` as its parts; null for any other text. */
export function parsePosition(text: string): EventPosition | null {
  const [, stream, partition, offset] = form.exec(text) ?? []
  return stream === undefined ? null : { stream, partition: Number(partition), offset: Number(offset) }
}

/** The record of a stream at this place; `null`: retention has taken it, or there never was one. */
export async function readStored(
  { admin }: Pick<Console, 'admin'>,
  { topic }: Pick<Stream, 'topic'>,
  { partition, offset }: Omit<EventPosition, 'stream'>,
): Promise<StoredRecord | null> {
  const bounds = (await admin.offsets(topic)).find((one) => one.partition === partition)
  if (bounds === undefined || offset < bounds.low || offset >= bounds.high) return null
  return (await admin.read({ topic, partition, from: offset, to: offset + 1 })).records[0] ?? null
}
