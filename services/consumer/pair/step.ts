import { answer, appended, offer, probe } from './attempts.ts'
import { commit } from './commit.ts'
import type { Effect } from './effects.ts'
import type { Input } from './inputs.ts'
import { assign } from './load.ts'
import { meetLogStart, read } from './read.ts'
import { isReading, type Pair } from './states.ts'
import { releaseAll, releaseDue } from './waiting.ts'

const nothing: readonly Effect[] = []

/**
 * The delivery protocol of one partition: applies `input` to `pair` and says what has to be done. No clock, no client, no
 * I/O: the product, the property test and the model of Kafka run this same code. `nowMs` is monotonic.
 */
export function step(pair: Pair, input: Input, nowMs: number): readonly Effect[] {
  switch (input.kind) {
    case 'records':
      return isReading(pair) ? read(pair, input.records) : nothing
    case 'offer':
      return offered(pair, input.slots, input.probe)
    case 'answered':
      return isCurrent(pair, input.token) ? answer(pair, input.offset, input.outcome, nowMs) : nothing
    case 'appended':
      return isCurrent(pair, input.token) ? appended(pair, input.offset) : nothing
    case 'tick':
      if (pair.phase === 'running') releaseDue(pair.queues, nowMs)
      return nothing
    case 'policy':
      pair.policy = input.policy
      return nothing
    case 'commit-due':
      return isReading(pair) || pair.phase === 'draining' ? commit(pair, input.forced) : nothing
    case 'committed':
      if (isCurrent(pair, input.token)) pair.committed = input.offset
      return nothing
    case 'commit-failed':
      if (isCurrent(pair, input.token)) pair.dirty = true
      return nothing
    case 'log-start':
      return isReading(pair) ? meetLogStart(pair, input.offset) : nothing
    default:
      return changeOwnership(pair, input, nowMs)
  }
}

type Change = Extract<Input, { kind: 'assigned' | 'revoked' | 'hold' | 'release' | 'drain' | 'lost' }>

function changeOwnership(pair: Pair, input: Change, nowMs: number): readonly Effect[] {
  switch (input.kind) {
    case 'assigned':
      return pair.phase === 'loading' ? assign(pair, input, nowMs) : nothing
    case 'revoked':
      if (isReading(pair)) pair.phase = 'loading'
      return nothing
    case 'hold':
      pair.held = true
      pair.workingSinceMs = null
      if (pair.phase === 'running') pair.phase = 'holding'
      return nothing
    case 'release':
      return release(pair, nowMs)
    case 'drain':
      if (pair.phase !== 'gone') pair.phase = pair.phase === 'loading' ? 'gone' : 'draining'
      return [{ kind: 'pause' }]
    case 'lost':
      pair.phase = 'gone'
      return nothing
    default:
      return input satisfies never
  }
}

/** All waiting heads are due: what failed while the target went down must not sit out its schedule while the rest drains. */
function release(pair: Pair, nowMs: number): readonly Effect[] {
  pair.held = false
  if (pair.phase === 'holding') {
    pair.phase = 'running'
    pair.workingSinceMs = nowMs
  }
  releaseAll(pair.queues)
  return nothing
}

function offered(pair: Pair, slots: number, isProbe: boolean): readonly Effect[] {
  if (isProbe) return pair.phase === 'holding' ? probe(pair) : nothing
  return pair.phase === 'running' ? offer(pair, slots) : nothing
}

/** Nothing of an older ownership changes the state of this one. */
const isCurrent = (pair: Pair, token: string): boolean =>
  pair.phase !== 'gone' && (pair.token === token || pair.defects.applyStaleAnswers === true)
