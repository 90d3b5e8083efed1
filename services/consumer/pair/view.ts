import { hasPark } from './deliveries.ts'
import { earliestDueMs } from './due-times.ts'
import { isWorking, type Pair } from './states.ts'

/** What may start now, by half: nothing while the pair does not run. */
export function readyIn({ phase, table }: Pair): { stream: number; retry: number } {
  if (phase !== 'running') return { stream: 0, retry: 0 }
  return { stream: table.ready.stream.count, retry: table.ready.retry.count }
}

/** When the next parked head is due, monotonic ms; Infinity when none waits for a time. */
export function nextDueMs({ table }: Pair): number {
  return earliestDueMs(table.due)
}

/** Whether something waits to be judged by another filter than the one it was taken in under, and can be now. */
export function wantsJudgement(pair: Pair): boolean {
  return pair.table.unjudged.length > 0 && isWorking(pair)
}

/** Every append is acknowledged: what a draining pair waits for before its last commit. */
export function isSettled({ table }: Pair): boolean {
  return table.count.appending === 0
}

/** A pair in numbers, for those who watch. */
export type PairView = {
  committed: number | null
  inFlight: number
  /** Deliveries that are neither terminal nor attempted. */
  queued: number
  /** Keys whose head has failed, and how many of those heads wait for a time or a value. */
  blockedKeys: number
  retrying: number
  /** What is under way now, the first of many. */
  delivering: UnderWay[]
}

/** `attempts` and time of those that are over, ms. */
export type UnderWay = { offset: number; attempts: number; firstAttemptAtMs: number | null }

/** As many as a subscription has at a time unless it is allowed more: every instance reports them once a second. */
const mostShown = 64

export function viewOf({ committed, table }: Pair): PairView {
  const { attempting, waiting } = table.count
  let blockedKeys = 0
  const delivering: UnderWay[] = []
  for (const { head } of table.queues.values()) {
    if (head === null) continue
    const { offset, attempts, firstAttemptAtMs, state } = head
    if (hasPark(head)) blockedKeys += 1
    if (state === 'attempting' && delivering.length < mostShown) delivering.push({ offset, attempts, firstAttemptAtMs })
  }
  const retrying = table.due.length + table.wanted.size + table.ready.retry.count
  return {
    committed: committed?.offset ?? null,
    inFlight: attempting,
    queued: waiting - attempting,
    blockedKeys,
    retrying,
    delivering,
  }
}
