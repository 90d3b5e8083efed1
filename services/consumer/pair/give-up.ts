import type { RetryPolicy } from './schedule.ts'

const longestProofMs = 3_600_000

/**
 * Whether a delivery that failed now is exhausted: its clock has run out, and this owner has worked without hold long
 * enough to have given the target a fair chance. Without the second half, everything that waited through an outage of 30 h
 * would be dead-lettered by its first failure afterwards.
 */
export function isExhausted(
  { giveUpAfterMs }: RetryPolicy,
  times: { clockMs: number; workingSinceMs: number | null; nowMs: number },
): boolean {
  const { clockMs, workingSinceMs, nowMs } = times
  if (workingSinceMs === null || nowMs < clockMs + giveUpAfterMs) return false
  return nowMs - workingSinceMs >= Math.min(giveUpAfterMs, longestProofMs)
}
