import type { LogBatch, LoggedAttempt } from '#shared/delivery/log/entries.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { comparisonOf, comparisonsIn } from './comparisons.ts'
import { type Budget, isSpent } from './newest-first.ts'
import { batchOf, offsetAt, slackMs, type Trace, type TraceOptions } from './trace.ts'

const budgetOf = (): Budget => ({ bytesLeft: 8 * 1024 * 1024, untilMs: performance.now() + 1_500 })
const chunkRecords = 256
const chunkBytes = 1024 * 1024

/**
 * A second target may take as long as an attempt may take at all, 2 min; what came of it is written 5 s later at most,
 * within 2 s.
 */
const longestMs = 130_000

type Open = { attempt: LoggedAttempt; instance: LogBatch['instance'] }

/**
 * Adds to a trace what it lacks of comparisons. Mostly that stands in the record of its attempt, or in the next one; where
 * the second target was slow, and behind a retry, it is read on from the time of the attempt for as long as it may take.
 */
export async function readComparisons(options: TraceOptions, trace: Trace): Promise<void> {
  const budget = budgetOf()
  const open = trace.found.flatMap(({ batch: { instance }, entry }) =>
    entry.list.filter(({ isCompared }) => isCompared).map((attempt) => ({ attempt, instance })),
  )
  for (const one of open) await readOne(options, trace, { ...one, budget })
}

async function readOne(options: TraceOptions, trace: Trace, { attempt, instance, budget }: Open & { budget: Budget }) {
  const { admin, part, wanted } = options
  const isTold = () => comparisonOf(attempt, instance, trace.comparisons) !== undefined
  if (isTold()) return
  const slices = inSlices()
  let at = Math.max(part.low, await offsetAt(options, attempt.atMs - slackMs))
  while (at < part.high && !isSpent(budget)) {
    const { topic, partition, high } = part
    const to = Math.min(high, at + chunkRecords)
    const { records, next, bytes } = await admin.read({ topic, partition, from: at, to, mostBytes: chunkBytes })
    budget.bytesLeft -= bytes
    for (const record of records) {
      await slices.pause()
      if (record.timestampMs > attempt.atMs + longestMs) return
      const batch = batchOf(wanted, record)
      if (batch !== null) trace.comparisons.push(...comparisonsIn(batch, wanted.offset))
      if (isTold()) return
    }
    at = next
  }
}
