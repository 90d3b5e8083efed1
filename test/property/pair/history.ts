import type { CommitMetadata } from '#shared/delivery/commit-metadata.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { orderingKey } from '../../../services/consumer/pair/key-queues.ts'
import { readRetryRecord } from '../../../services/consumer/pair/retry-record.ts'
import type { Conditions } from './conditions.ts'
import type { LogModel } from './log-model.ts'

/** What one run came to: every promise broken, in words. */
export type Verdict = {
  readonly lost: string[]
  readonly order: string[]
  readonly commits: string[]
  readonly bytes: string[]
  stalled: string | null
  threw: string | null
  takeovers: number
  duplicates: number
}

export const cleanVerdict = (): Verdict => ({
  lost: [],
  order: [],
  commits: [],
  bytes: [],
  stalled: null,
  threw: null,
  takeovers: 0,
  duplicates: 0,
})

/** What happened to every event, as somebody sees it who sees everything; judges it as it happens. */
export type History = {
  readonly verdict: Verdict
  delivered(record: StoredRecord): void
  buried(offset: number): void
  parked(offset: number): void
  /** An attempt failed for the event's own sake: a key that skips may go on without it. */
  failed(offset: number): void
  committedStream(offset: number, metadata: CommitMetadata): void
  committedRetry(offset: number): void
  isTerminal(offset: number): boolean
  /** At the end: whether every event ended. */
  close(): void
}

type Judging = { conditions: Conditions; isStrict: boolean }

export function keepHistory(stream: LogModel, retry: LogModel, { conditions, isStrict }: Judging): History {
  const { policy, alternatives } = conditions
  const policies = [policy, ...alternatives]
  const maySkip = !isStrict && policies.some(({ whileBlocked }) => whileBlocked === 'skip')
  // Across a change of ordering none is promised.
  const ordering = policies.every((one) => one.ordering === policy.ordering) ? policy.ordering : 'none'
  const failures = new Set<number>()
  const verdict = cleanVerdict()
  const deliveries = new Map<number, number>()
  const dead = new Set<number>()
  const parks = new Set<number>()
  const verdictOf = (record: StoredRecord) => policy.judge(record)
  const isTerminal = (offset: number) => deliveries.has(offset) || dead.has(offset)
  const keyOf = (record: StoredRecord) => orderingKey(ordering, record.key)

  const delivered = (record: StoredRecord): void => {
    const { offset } = record
    const original = stream.records.find((other) => other.offset === offset)
    if (original === undefined || !isSame(original, record)) verdict.bytes.push(`${offset} is not as it was published`)
    const times = deliveries.get(offset) ?? 0
    deliveries.set(offset, times + 1)
    if (times > 0) verdict.duplicates += 1
    else judgeOrder(record)
  }
  const judgeOrder = (record: StoredRecord): void => {
    const key = keyOf(record)
    if (key === null) return
    for (const earlier of stream.records) {
      if (earlier.offset >= record.offset) return
      const counts = keyOf(earlier) === key && verdictOf(earlier) === 'deliver'
      const mayPass = maySkip && failures.has(earlier.offset)
      if (counts && !mayPass && !isTerminal(earlier.offset))
        verdict.order.push(`${record.offset} succeeded before ${earlier.offset} ended`)
    }
  }
  const committedStream = (base: number, { runs }: CommitMetadata): void => {
    for (const record of stream.records) {
      const { offset } = record
      const isFinished = offset < base || runs.some(({ start, length }) => offset >= start && offset < start + length)
      if (!isFinished || isTerminal(offset) || parks.has(offset) || verdictOf(record) === 'filtered') continue
      verdict.commits.push(`${offset} is committed past, neither ended nor parked`)
    }
  }
  const committedRetry = (base: number): void => {
    for (const record of retry.records) {
      if (record.offset >= base) return
      const read = readRetryRecord(record)
      if (read.kind !== 'park' || isTerminal(read.source.offset)) continue
      verdict.commits.push(
        `the park of ${read.source.offset} at ${record.offset} is committed past, and it has not ended`,
      )
    }
  }
  const close = (): void => {
    for (const record of stream.records) {
      if (verdictOf(record) !== 'filtered' && !isTerminal(record.offset)) verdict.lost.push(`${record.offset} is lost`)
    }
  }
  return {
    verdict,
    delivered,
    buried: (offset) => void dead.add(offset),
    parked: (offset) => void parks.add(offset),
    failed: (offset) => void failures.add(offset),
    committedStream,
    committedRetry,
    isTerminal,
    close,
  }
}

function isSame(a: StoredRecord, b: StoredRecord): boolean {
  return (
    a.value?.toString() === b.value?.toString() &&
    a.key?.toString() === b.key?.toString() &&
    headersOf(a) === headersOf(b)
  )
}

const headersOf = ({ headers }: StoredRecord): string => JSON.stringify(Object.entries(headers).sort())
