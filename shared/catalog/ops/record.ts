import { uuid7 } from '#shared/event/random.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { OpsEvent } from './events.ts'

/** An operational event as a CloudEvent in binary mode; its key is its subject. */
export function opsRecord({ type, subject, data }: OpsEvent, instance: string, nowMs: number): EventRecord {
  const time = new Date(nowMs).toISOString()
  return {
    key: Buffer.from(subject),
    value: Buffer.from(JSON.stringify(data)),
    headers: {
      ...{ ce_specversion: '1.0', ce_id: uuid7(nowMs), ce_source: `/instances/${encodeURIComponent(instance)}` },
      ...{ ce_type: type, ce_subject: subject, ce_time: time },
      ...{ 'content-type': 'application/json', tailrace_received: time, tailrace_instance: instance },
    },
  }
}
