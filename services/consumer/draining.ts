import { setTimeout as sleep } from 'node:timers/promises'

export type Drained = {
  /** Of one attempt. */
  timeoutMs: number
  underWay(): number
  /** No append is on its way. */
  isSettled(): boolean
}

const longestMs = 25_000
const lookMs = 10

/**
 * Waits until running attempts have ended, as long as one of them may take, and until what they led to is appended; both
 * together 25 s at most, because whoever stops the process has 30 s. Resolves with how many attempts had not ended.
 */
export async function attemptsEnded({ timeoutMs, underWay, isSettled }: Drained): Promise<number> {
  const startedAtMs = performance.now()
  await until(() => underWay() === 0, startedAtMs + Math.min(timeoutMs, longestMs))
  const unanswered = underWay()
  await until(isSettled, startedAtMs + longestMs)
  return unanswered
}

async function until(isSo: () => boolean, untilMs: number): Promise<void> {
  while (!isSo() && performance.now() < untilMs) await sleep(lookMs)
}
