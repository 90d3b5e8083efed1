import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { Subscription } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { parseDeliveryId } from '#shared/delivery/delivery-id.ts'
import { TailraceError } from '#shared/errors.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { parseSource } from '#shared/event/source.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { readRanges } from '#shared/kafka/read-ranges.ts'
import { within } from '#shared/resilience/deadline.ts'
import { type Console, change } from './context.ts'

export const retryAnswer = Type.Object({
  id: Type.String({ description: 'The delivery.' }),
  job: Type.Union([Type.String(), Type.Null()], { description: 'The job that redrives a dead letter.' }),
})

const searchMs = 5_000
const keptMs = 60_000
/** In one minute, of one subscription. */
const mostRequests = 500

/**
 * Has a delivery tried now that waits for a later attempt; one that waits behind another of its key has that one tried. Its
 * later points stay as they are. Throws `not-found` when nothing waits under that id.
 */
export async function retryWaiting(console: Console, id: string): Promise<void> {
  const named = parseDeliveryId(id)
  const subscription = named === null ? undefined : console.catalog.subscription(named.subscription)
  const leftOut = console.deadLetters.leftOut()
  if (named === null || subscription === undefined) throw notWaiting(id, leftOut)
  const place = { partition: named.partition, offset: named.offset }
  if (!(await isWaiting(console.admin, subscription, place))) throw notWaiting(id, leftOut)
  await change(console, async () => {
    const { catalog, telemetry } = console
    const { uid, name } = subscription
    if (catalog.subscriptionByUid(uid) === undefined) throw notWaiting(id, leftOut)
    const now = Date.now()
    const known = (catalog.retryNow(uid)?.requests ?? []).filter(({ at }) => now - Date.parse(at) < keptMs)
    if (known.length >= mostRequests) {
      throw new TailraceError('limit-reached', `${mostRequests} deliveries of ${name} were retried within a minute`)
    }
    const request = { id: randomUUID(), at: new Date(now).toISOString(), ...place }
    await catalog.write(recordKey.retryNow(uid), { requests: [...known, request] })
    telemetry.changed('subscription', 'retried', name)
  })
}

type Place = { partition: number; offset: number }

/** Whether the retry topic holds it: a park that no done record behind it has closed. */
async function isWaiting(
  admin: Pick<KafkaAdmin, 'committed' | 'offsets' | 'read'>,
  { group, retryTopic }: Pick<Subscription, 'group' | 'retryTopic'>,
  { partition, offset }: Place,
): Promise<boolean> {
  const [committed, bounds] = await Promise.all([admin.committed(group, retryTopic), admin.offsets(retryTopic)])
  const log = bounds.find((one) => one.partition === partition)
  if (log === undefined) return false
  const from = Math.max(log.low, committed.find((one) => one.partition === partition)?.offset ?? log.low)
  let isOpen = false
  let isLate = false
  const onRecord = ({ headers }: StoredRecord) => {
    const source = parseSource(headers.tailrace_source ?? '')
    if (source?.partition === partition && source.offset === offset) isOpen = headers.tailrace_kind === 'park'
  }
  const ranges = [{ partition, from, to: log.high }]
  const reading = readRanges(admin, { topic: retryTopic, ranges }, { onRecord, goesOn: () => !isLate })
  const isRead = await within(
    reading.then(() => true),
    searchMs,
    false,
  )
  isLate = true
  if (isRead) return isOpen
  throw new TailraceError('kafka-unavailable', `the retry topic could not be read within ${searchMs} ms`, {
    retryAfterMs: 1_000,
  })
}

function notWaiting(id: string, leftOut: number): TailraceError {
  const unless =
    leftOut === 0 ? '' : ` (unless it is one of the ${leftOut} newest, which are left out: settle others first)`
  const detail = `${id.slice(0, 128)} is no dead letter${unless}, and does not wait for a later attempt`
  return new TailraceError('not-found', detail)
}
