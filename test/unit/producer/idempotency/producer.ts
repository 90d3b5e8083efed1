import type { TestContext } from 'node:test'
import type { EventRecord } from '#shared/event/record.ts'
import type { LookBack } from '../../../../services/producer/idempotency/look-back.ts'
import { openIdempotency } from '../../../../services/producer/idempotency/open.ts'
import { openDoor } from '../door.ts'
import { createFakeMarks, type FakeMarks } from './fake-marks.ts'

type Setting = {
  append?: (record: EventRecord) => Promise<number>
  deadlineMs?: number
  isConfigured?: boolean
  marks?: FakeMarks
  stored?: EventRecord[]
  lookBack?: LookBack
  searchPatienceMs?: number
}

const findsNothing: LookBack = { find: async () => new Map() }

/** A producer whose Redis is a fake; several with the same `marks` and `stored` share Redis and log. */
export function producerOf(t: TestContext, setting: Setting = {}) {
  const { marks = createFakeMarks(), stored = [], isConfigured = true, deadlineMs = 1_000 } = setting
  const { searchPatienceMs = 1_000 } = setting
  const events: string[] = []
  const redis = { isUp: true, reconnectedMs: Number.POSITIVE_INFINITY }
  const idempotency = openIdempotency({
    redis: { up: () => redis.isUp, reconnectedForMs: () => redis.reconnectedMs, tryRun: () => Promise.resolve(null) },
    ...{ prefix: 'test.', windowMs: 60_000, marks, lookBack: setting.lookBack ?? findsNothing, searchPatienceMs },
    observe: (event) => void events.push(event),
  })
  const append = async (_topic: string, _partition: number, record: EventRecord) =>
    (await setting.append?.(record)) ?? stored.push(record) - 1
  const door = openDoor({ append, deadlineMs, ...(isConfigured ? { deduplicate: idempotency.deduplicate } : {}) })
  t.after(async () => {
    idempotency.close()
    await door.close()
  })
  return { door, marks, stored, events, redis }
}
