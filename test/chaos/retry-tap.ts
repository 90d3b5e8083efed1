import type { KcatRecord } from '../support/kcat.ts'
import { followTopic } from '../support/kcat-follow.ts'
import { monotonicNsAt, parseSource, type RetryLine } from './history.ts'

export type RetryTapOptions = {
  brokers: readonly string[]
  run: string
  subscription: string
  topic: string
}

export type RetryTap = {
  /** Hears of each record from now on, a few ms after it was appended. Returns what ends it. */
  listen(hear: (line: RetryLine) => void): () => void
  stop(): void
}

const kinds = ['park', 'done', 'fence'] as const

/** Reads a subscription's retry topic while it is written: what is trimmed later was seen. `append` writes it down. */
export function tapRetries(
  { brokers, run, subscription, topic }: RetryTapOptions,
  append: (line: RetryLine) => void,
): RetryTap {
  const listeners = new Set<(line: RetryLine) => void>()
  const following = followTopic(brokers, topic, (record) => {
    const line = retryLine(record, { run, subscription, topic })
    if (line === undefined) return
    append(line)
    for (const hear of listeners) hear(line)
  })
  return {
    listen: (hear) => {
      listeners.add(hear)
      return () => void listeners.delete(hear)
    },
    stop: following.stop,
  }
}

/** A record as a history line; undefined when it is of no kind that the protocol knows. */
export function retryLine(
  { partition, offset, timestampMs, headers }: KcatRecord,
  names: Pick<RetryLine, 'run' | 'subscription' | 'topic'>,
): RetryLine | undefined {
  const kind = kinds.find((one) => one === headers.tailrace_kind)
  if (kind === undefined) return undefined
  const source = parseSource(headers.tailrace_source ?? '') ?? null
  const seen = { actor: 'tap', ns: monotonicNsAt(timestampMs), partition, offset }
  const { tailrace_clock: clock, tailrace_owner: owner = '' } = headers
  return {
    ...{ op: 'retry', ...names, ...seen, kind, source, owner },
    ...(clock === undefined ? {} : { clockNs: monotonicNsAt(Number(clock)) }),
  }
}
