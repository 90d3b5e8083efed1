import type { StoredRecord } from '#shared/event/record.ts'
import { finish, isFinished, maxSpan, passTo } from './ack-window.ts'
import type { Effect } from './effects.ts'
import { ensure } from './invariants.ts'
import { aside, type Delivery, enqueue } from './key-queues.ts'
import { isReading, type Pair } from './states.ts'

/** Takes in what one fetch brought: finished offsets are skipped, the others wait behind their key. */
export function read(pair: Pair, records: readonly StoredRecord[]): Effect[] {
  const effects: Effect[] = []
  for (const record of records) readOne(pair, record, effects)
  if (!pair.full && isAboveBounds(pair)) {
    pair.full = true
    effects.push({ kind: 'pause' })
  }
  return effects
}

/** Events that retention took before they were read are gone, which is said, never skipped over in silence. */
export function passLogStart(pair: Pair, logStart: number): Effect[] {
  const from = pair.window.next
  if (logStart <= from) return []
  passTo(pair.window, logStart - 1)
  finish(pair.window, logStart - 1)
  pair.dirty = true
  return [{ kind: 'report-expired', from, to: logStart }]
}

/** The same while the partition is read. */
export function meetLogStart(pair: Pair, logStart: number): Effect[] {
  const expired = passLogStart(pair, logStart)
  return expired.length === 0 ? expired : [...expired, { kind: 'seek', offset: pair.window.next }]
}

/** Below half of the bounds a paused partition goes on; the distance keeps a slow receiver from toggling it. */
export function resumeIfRoom(pair: Pair, effects: Effect[]): void {
  if (!pair.full || isAboveHalf(pair)) return
  pair.full = false
  if (isReading(pair)) effects.push({ kind: 'resume' })
}

function readOne(pair: Pair, record: StoredRecord, effects: Effect[]): void {
  const { offset } = record
  // a fetch may begin with what was read before a seek
  if (offset < pair.window.next) return
  passTo(pair.window, offset)
  if (isFinished(pair.window, offset)) return
  const verdict = pair.policy.judge(record)
  if (verdict === 'filtered') {
    finish(pair.window, offset)
    pair.dirty = true
    return
  }
  ensure(!pair.deliveries.has(offset), 'I-g: one delivery per offset')
  pair.queuedBytes += sizeOf(record)
  const isDeliverable = verdict === 'deliver'
  const delivery = isDeliverable ? enqueue(pair.queues, orderingKey(pair, record), record) : aside(record)
  pair.deliveries.set(offset, delivery)
  if (!isDeliverable) buryUnread(pair, delivery, verdict, effects)
  if (pair.defects.finishBeforeDelivery) finish(pair.window, offset)
}

/** Nobody could do anything with it: it goes to the dead letters without holding up its key. */
function buryUnread(pair: Pair, delivery: Delivery, cause: string, effects: Effect[]): void {
  delivery.state = 'appending'
  pair.appending += 1
  const detail = cause === 'malformed-record' ? 'the record has no value' : 'the record is larger than an event may be'
  effects.push({ kind: 'append-dead-letter', delivery, cause, code: cause, detail })
}

/** Bytes one delivery holds in memory, headers estimated. */
export function sizeOf(record: StoredRecord): number {
  return (record.value?.length ?? 0) + (record.key?.length ?? 0) + 512
}

function orderingKey({ policy }: Pair, record: StoredRecord): string | null {
  switch (policy.ordering) {
    case 'key':
      return record.key === null ? null : record.key.toString('latin1')
    case 'partition':
      return ''
    case 'none':
      return null
    default:
      return policy.ordering satisfies never
  }
}

const isAboveBounds = ({ deliveries, queuedBytes, policy, window }: Pair): boolean =>
  deliveries.size >= policy.inbox.events || queuedBytes >= policy.inbox.bytes || window.next - window.base >= maxSpan

const isAboveHalf = ({ deliveries, queuedBytes, policy, window }: Pair): boolean =>
  deliveries.size > policy.inbox.events / 2 ||
  queuedBytes > policy.inbox.bytes / 2 ||
  window.next - window.base > maxSpan / 2
