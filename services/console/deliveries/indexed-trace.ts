import type { LogEntry } from '#shared/delivery/log/entries.ts'
import type { Console } from '../context.ts'
import type { WholeDelivery } from '../index/queries/deliveries.ts'
import type { Trace } from './trace.ts'

/** What of a record of the log an attempt is told with. */
type Word = { batch: { instance: string; job: string | null }; entry: LogEntry }
/** A trace whose records may be those of the index. */
export type ToldTrace = Omit<Trace, 'found'> & { found: Word[] }

/** So long a question waits for the index to know what was logged a moment ago. */
const patienceMs = 1_000

/**
 * What the search index knows of a delivery of this subscription, null when the log has to be asked: there is no index, or
 * it is behind and knows nothing.
 */
export async function indexedTrace(
  { index }: Pick<Console, 'index'>,
  { uid, ...place }: { uid: string; subscription: string; partition: number; offset: number },
): Promise<ToldTrace | null> {
  const ask = () => index.ask('wholeDelivery', place).catch(() => null)
  const first = await ask()
  if (first?.owner.uid === uid) return traceOf(first)
  if (!(await index.catchUp(patienceMs))) return null
  const second = await ask()
  if (second?.owner.uid === uid) return traceOf(second)
  return { found: [], comparisons: [], passedOver: null, isWhole: true }
}

function traceOf({ row, ranges, turns, comparisons }: WholeDelivery): ToldTrace {
  const words = turns.map(
    ({ instance, job, ...turn }): Word => ({ batch: { instance, job }, entry: { ...bare, ...row, ...turn } }),
  )
  // Its newest word may be one without an attempt.
  const newest: Word[] =
    row === null || (words.at(-1)?.entry.atMs ?? 0) >= row.atMs
      ? []
      : [{ batch: { instance: '', job: null }, entry: { ...row, list: [] } }]
  const passedOver = ranges.toSorted((a, b) => a.atMs - b.atMs).at(-1) ?? null
  return { found: [...words, ...newest], comparisons, passedOver, isWhole: true }
}

/** Of attempts whose delivery has no entry left. */
const bare: Omit<LogEntry, 'list' | 'atMs'> = {
  ...{ offset: 0, key: null, type: null, state: 'queued', because: '', behind: null, nextAttemptAtMs: null },
  ...{ attempts: 0, firstAttemptAtMs: null },
}
