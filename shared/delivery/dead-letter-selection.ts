import type { DeadLetter } from './dead-letter-record.ts'
import { deliveryId } from './delivery-id.ts'

/** What of the dead letters is meant; null means any. Times are ms, `untilMs` is exclusive. */
export type Selection = {
  subscription: string | null
  /** Of the subscription that has the name now; null for any that had it. */
  uid: string | null
  causes: readonly string[] | null
  ids: readonly string[] | null
  key: string | null
  type: string | null
  sinceMs: number | null
  untilMs: number | null
}

/** Every dead letter. */
export const anySelection: Selection = {
  ...{ subscription: null, uid: null, causes: null, ids: null, key: null, type: null, sinceMs: null, untilMs: null },
}

/** The name of a delivery: `<subscription>-<partition>-<offset>`. */
export const deliveryIdOf = ({ subscription, source }: Pick<DeadLetter, 'subscription' | 'source'>): string =>
  deliveryId(subscription, source.partition, source.offset)

/** The same as a request says it: times as RFC 3339. */
type Choice = {
  subscription: string
  cause: readonly string[] | null
  ids: readonly string[] | null
  key: string | null
  since: string | null
  until: string | null
}

/** What of the dead letters a job is about; `uid` null: whatever subscription had the name. */
export function selectionOf(select: Choice, uid: string | null): Selection {
  const { subscription, cause, ids, key, since, until } = select
  return {
    ...{ ...anySelection, subscription, uid, causes: cause, ids, key },
    sinceMs: since === null ? null : Date.parse(since),
    untilMs: until === null ? null : Date.parse(until),
  }
}

export function isSelected(letter: DeadLetter, selection: Selection): boolean {
  const { subscription, uid, causes, ids, key, type, sinceMs, untilMs } = selection
  return (
    (subscription === null || letter.subscription === subscription) &&
    (uid === null || letter.uid === uid) &&
    (causes === null || causes.includes(letter.cause)) &&
    (ids === null || ids.includes(deliveryIdOf(letter))) &&
    (key === null || letter.eventKey === key) &&
    (type === null || letter.type === type) &&
    (sinceMs === null || letter.deadAtMs >= sinceMs) &&
    (untilMs === null || letter.deadAtMs < untilMs)
  )
}

/** Where an ordered job goes: each source partition by offset, the partitions among each other by when they died. */
export function inDeliveryOrder(letters: readonly DeadLetter[]): DeadLetter[] {
  const bySource = letters.toSorted((a, b) => compareSources(a, b))
  const turns = new Map<DeadLetter, number>()
  let last: DeadLetter | undefined
  for (const letter of bySource) {
    const isSame = last?.source.topic === letter.source.topic && last.source.partition === letter.source.partition
    const earliest = isSame && last !== undefined ? (turns.get(last) ?? 0) : 0
    turns.set(letter, Math.max(earliest, letter.deadAtMs))
    last = letter
  }
  return bySource.sort((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0) || compareSources(a, b))
}

function compareSources({ source: a }: DeadLetter, { source: b }: DeadLetter): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition || a.offset - b.offset || a.timestampMs - b.timestampMs
}
