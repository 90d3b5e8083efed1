import type { IconName } from '../parts/sprite.tsx'

/** How a state looks: a glyph, a word, and only then a colour. `tone` is a class of the style sheet. */
export type Look = { icon: IconName; word: string; tone: 'flow' | 'held' | 'fail' | 'silt' | 'plain' }

const deliveryLooks: Readonly<Record<string, Look>> = {
  delivered: { icon: 'ok', word: 'delivered', tone: 'flow' },
  delivering: { icon: 'play', word: 'delivering', tone: 'flow' },
  queued: { icon: 'waiting', word: 'queued', tone: 'plain' },
  waiting: { icon: 'waiting', word: 'waits behind key', tone: 'plain' },
  retrying: { icon: 'retry', word: 'retrying', tone: 'fail' },
  held: { icon: 'gatedown', word: 'held', tone: 'held' },
  paused: { icon: 'paused', word: 'paused', tone: 'plain' },
  'dead-lettered': { icon: 'dlq', word: 'dead letter', tone: 'silt' },
  filtered: { icon: 'filtered', word: 'filtered', tone: 'plain' },
  skipped: { icon: 'step', word: 'skipped', tone: 'plain' },
  expired: { icon: 'x', word: 'expired', tone: 'plain' },
  discarded: { icon: 'x', word: 'discarded', tone: 'plain' },
  unknown: { icon: 'help', word: 'not known', tone: 'plain' },
}

/** The look of a delivery's state; a state this version does not know keeps its own word. */
export function lookOfDelivery(state: string): Look {
  return deliveryLooks[state] ?? { icon: 'help', word: state, tone: 'plain' }
}

const phaseLooks: Readonly<Record<string, Look>> = {
  active: { icon: 'gateup', word: 'flowing', tone: 'flow' },
  starting: { icon: 'gatemid', word: 'starting', tone: 'plain' },
  held: { icon: 'gatedown', word: 'held', tone: 'held' },
  paused: { icon: 'paused', word: 'paused', tone: 'plain' },
  failed: { icon: 'failed', word: 'failed', tone: 'fail' },
  deleting: { icon: 'x', word: 'deleting', tone: 'plain' },
}

/** The look of a subscription's phase. */
export function lookOfPhase(phase: string): Look {
  return phaseLooks[phase] ?? { icon: 'help', word: phase, tone: 'plain' }
}

const breakerLooks: Readonly<Record<string, Look>> = {
  closed: { icon: 'gateup', word: 'closed', tone: 'flow' },
  'half-open': { icon: 'gatemid', word: 'half-open', tone: 'held' },
  open: { icon: 'gatedown', word: 'open', tone: 'held' },
}

/** The picture shows the water, the word names the breaker. */
export function lookOfBreaker(breaker: string | null): Look {
  return breakerLooks[breaker ?? ''] ?? { icon: 'help', word: breaker ?? 'not known', tone: 'plain' }
}

const jobLooks: Readonly<Record<string, Look>> = {
  queued: { icon: 'waiting', word: 'queued', tone: 'plain' },
  running: { icon: 'play', word: 'running', tone: 'flow' },
  finished: { icon: 'ok', word: 'finished', tone: 'flow' },
  cancelled: { icon: 'x', word: 'cancelled', tone: 'plain' },
  failed: { icon: 'failed', word: 'failed', tone: 'fail' },
}

/** The look of a job's state. */
export function lookOfJob(state: string): Look {
  return jobLooks[state] ?? { icon: 'help', word: state, tone: 'plain' }
}

const decisionLooks: Readonly<Record<string, Look>> = {
  delivered: { icon: 'ok', word: 'delivered', tone: 'flow' },
  retry: { icon: 'failed', word: 'failed, tried again', tone: 'fail' },
  'target-waits': { icon: 'waiting', word: 'target asked to wait', tone: 'held' },
  'target-gone': { icon: 'failed', word: 'target is gone', tone: 'fail' },
  'dead-letter': { icon: 'failed', word: 'refused', tone: 'fail' },
}

/** The look of what one attempt led to. */
export function lookOfDecision(decision: string): Look {
  return decisionLooks[decision] ?? { icon: 'help', word: decision, tone: 'plain' }
}

const causeWords: Readonly<Record<string, string>> = {
  refused: 'refused by the receiver',
  asked: 'the receiver asked for it',
  exhausted: 'gave up after all attempts',
  'target-refused': 'the target may not be called',
  'malformed-record': 'the record cannot be read',
  'too-large': 'too large for the target',
  'key-backlog': 'too much waited behind its key',
  internal: 'a fault of the pipeline',
}

/** Why something died, in words. */
export const wordsOfCause = (cause: string): string => causeWords[cause] ?? cause

/** "status-422" → "HTTP 422"; other codes as they are, with spaces. */
export function wordsOfCode(code: string): string {
  const status = /^status-(\d{3})$/.exec(code)?.[1]
  return status === undefined ? code.replaceAll('-', ' ') : `HTTP ${status}`
}
