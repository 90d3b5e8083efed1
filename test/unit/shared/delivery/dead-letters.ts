import type { StoredRecord } from '#shared/event/record.ts'

type Letter = {
  offset: number
  partition?: number
  uid?: string
  source?: string
  key?: string | null
  cause?: string
  job?: string
  atMs?: number
  value?: string | null
}

/** A dead letter as the dead-letter topic holds it. */
export function deadLetter(letter: Letter): StoredRecord {
  const { offset, partition = 0, uid = 'u1', source = `events.orders/0/${letter.offset}@5`, key = 'k', job } = letter
  const { value = '{"a":1}' } = letter
  const event = { ce_specversion: '1.0', ce_id: `e${offset}`, ce_source: '/shop', ce_type: 'order.created' }
  const own = {
    ...{ tailrace_kind: 'dead-letter', tailrace_source: source, tailrace_subscription: 'billing' },
    ...{ tailrace_cause: letter.cause ?? 'refused', tailrace_code: 'status-422', tailrace_detail: '422' },
    ...{ tailrace_attempts: '1', tailrace_first_attempt: '2026-11-21T10:00:00.000Z' },
    tailrace_last_attempt: '2026-11-21T10:00:00.000Z',
  }
  return {
    ...{ topic: 'dead-letters', partition, offset, timestampMs: letter.atMs ?? offset },
    key: Buffer.from(`${uid}/${source}`),
    value: value === null ? null : Buffer.from(value),
    headers: {
      ...{ ...event, ...own, 'content-type': 'application/json' },
      ...(key === null ? {} : { tailrace_key: key }),
      ...(job === undefined ? {} : { tailrace_job: job }),
    },
  }
}

/** The mark that settles a dead letter. */
export function settled(
  of: StoredRecord,
  { offset, job, as = 'redriven' }: { offset: number; job: string; as?: string },
) {
  const { tailrace_source = '' } = of.headers
  return { ...of, offset, value: null, headers: { tailrace_kind: as, tailrace_source, tailrace_job: job } }
}
