import { computed, signal } from '@preact/signals'
import { get } from '../api/client.ts'
import type { DeadLetterSummary } from '../api/job-shapes.ts'
import { Refused } from '../api/problem.ts'
import { state } from '../live/live.ts'

const everyMs = 10_000

/** Dead letters by cause, read every 10 s and after each change made here. */
export const summary = signal<DeadLetterSummary | undefined>(undefined)
export const badges = computed(() => ({
  held: state.value?.subscriptions.filter(({ phase }) => phase === 'held').length ?? 0,
  deadLetters: summary.value?.total ?? 0,
}))

export async function readSummary(): Promise<void> {
  try {
    summary.value = await get<DeadLetterSummary>('/v1/dead-letters/summary', { groupBy: 'cause' })
  } catch (error) {
    // The last count stays; the page says elsewhere that the console does not answer.
    if (!(error instanceof Refused)) throw error
  }
}

export function startBadges(): void {
  readSummary()
  setInterval(() => document.visibilityState === 'visible' && readSummary(), everyMs)
}
