import { appended, refused } from './acknowledgements.ts'
import { answer } from './answers.ts'
import { watchBounds } from './bounds.ts'
import { commitIfDue, committed } from './commit.ts'
import type { Effect, Half } from './effects.ts'
import type { Input } from './inputs.ts'
import { judgeAgain } from './judge-again.ts'
import { offer, probe, releaseDue, releaseOne } from './offers.ts'
import { changeOwnership, changePolicy } from './phases.ts'
import { meetRetryStart, readRetry } from './read-retry.ts'
import { meetStreamStart, readStream } from './read-stream.ts'
import { emit, isWorking, type Pair } from './states.ts'
import { readAgain } from './values.ts'

/**
 * The delivery protocol of one pair: applies `input` to `pair` and says what has to be done, in this order. No clock, no
 * client, no I/O: the product and the property test run this same code. `nowMs` is monotonic.
 */
export function step(pair: Pair, input: Input, nowMs: number): readonly Effect[] {
  const effects: Effect[] = []
  pair.effects = effects
  pair.nowMs = Math.max(pair.nowMs, nowMs)
  if (pair.phase !== 'gone') apply(pair, input)
  else if (input.kind === 'answered') noteLate(pair, input)
  readAgain(pair)
  watchBounds(pair)
  return effects
}

function apply(pair: Pair, input: Input): void {
  switch (input.kind) {
    case 'answered':
      if (isCurrent(pair, input.token)) answer(pair, input, input.outcome)
      else noteLate(pair, input)
      return
    case 'offer':
      if (pair.phase === 'running' && isJudged(pair)) offer(pair, input.slots, input.ofRetry)
      return
    case 'probe':
      if (pair.phase === 'holding' && isJudged(pair)) probe(pair)
      return
    case 'records':
      read(pair, input)
      return
    case 'appended':
      if (isCurrent(pair, input.token)) appended(pair, input.ref, input.offset)
      return
    case 'append-refused':
      if (isCurrent(pair, input.token)) refused(pair, input.ref, input.detail)
      return
    case 'tick':
      if (isWorking(pair)) releaseDue(pair)
      return
    case 'judge-again':
      if (isWorking(pair)) judgeAgain(pair, input.most)
      return
    case 'retry-now':
      if (isWorking(pair)) releaseOne(pair, input.offset)
      return
    case 'policy':
      changePolicy(pair, input.policy)
      return
    case 'log-start':
      meetLogStart(pair, input.of, input.offset)
      return
    case 'commit-due':
      commitIfDue(pair, input.forced)
      return
    case 'committed':
      if (isCurrent(pair, input.token)) committed(pair, input)
      return
    case 'commit-failed':
      if (isCurrent(pair, input.token)) pair.table.dirty = true
      return
    default:
      changeOwnership(pair, input)
  }
}

/** The epoch is over, but whoever took over from it may not have looked yet what was delivered in it. */
function noteLate(pair: Pair, { token, offset, outcome }: Extract<Input, { kind: 'answered' }>): void {
  if (outcome.kind === 'delivered') emit(pair, { kind: 'delivered', token, offset })
}

/** Nothing of an older epoch changes the state of this one. */
function isCurrent(pair: Pair, token: string): boolean {
  return pair.token === token || pair.dropped.ignoreOlderEpochs === true
}

const isJudged = ({ table }: Pair): boolean => table.unjudged.length === 0

/** Each half is read while its gate is open; what a fetch brought before that is dropped. */
function read(pair: Pair, { of, fetchedFrom, records }: Extract<Input, { kind: 'records' }>): void {
  if (of === 'stream' && isWorking(pair)) readStream(pair, fetchedFrom, records)
  if (of === 'retry' && (isWorking(pair) || pair.phase === 'reading')) readRetry(pair, fetchedFrom, records)
}

function meetLogStart(pair: Pair, of: Half, offset: number): void {
  if (of === 'stream' && isWorking(pair)) meetStreamStart(pair, offset)
  if (of === 'retry' && (isWorking(pair) || pair.phase === 'reading')) meetRetryStart(pair, offset)
}
