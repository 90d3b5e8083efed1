import { assign, join } from './assign.ts'
import { commit } from './commit.ts'
import { loadAgain, queueAnew } from './epochs.ts'
import type { Input } from './inputs.ts'
import { collectUnjudged } from './judge-again.ts'
import { releaseAll } from './offers.ts'
import { followSchedule } from './reschedule.ts'
import { emit, isWorking, mayCommit, type Pair, type PairPolicy } from './states.ts'
import { isQueuedBy } from './table.ts'

type Change = Extract<
  Input,
  { kind: 'joined' | 'assigned' | 'yield' | 'revoked' | 'lost' | 'heartbeat' | 'drain' | 'hold' | 'release' }
>

/** What moves a pair from one phase to another. */
export function changeOwnership(pair: Pair, input: Change): void {
  switch (input.kind) {
    case 'joined':
      if (pair.phase !== 'draining') join(pair, input.token)
      return
    case 'assigned':
      if (pair.phase === 'loading' && input.token === pair.nextToken) assign(pair, input)
      return
    case 'yield':
      if (isWorking(pair)) pair.phase = 'yielding'
      return
    case 'revoked':
      revoke(pair)
      return
    case 'lost':
      leave(pair)
      return
    case 'heartbeat':
      if (pair.phase === 'fenced') loadAgain(pair)
      return
    case 'drain':
      drain(pair)
      return
    case 'hold':
      hold(pair)
      return
    case 'release':
      release(pair)
      return
    default:
      input satisfies never
  }
}

/** A rejoin has begun. Nothing is started until it is known whose the pair is then; what is under way may still end. */
function revoke(pair: Pair): void {
  if (mayCommit(pair)) commit(pair, false)
  if (pair.phase !== 'draining') pair.phase = 'loading'
}

function leave(pair: Pair): void {
  pair.phase = 'gone'
  emit(pair, { kind: 'drop-appends', token: pair.token })
}

/** The pair is handed back: nothing new is read or attempted; what is under way settles before the last commit. */
function drain(pair: Pair): void {
  if (!mayCommit(pair)) {
    leave(pair)
    return
  }
  pair.phase = 'draining'
  emit(pair, { kind: 'pause', of: 'stream' })
  emit(pair, { kind: 'pause', of: 'retry' })
}

/** Nothing is attempted but probes, so nothing is burned; and no time in which this owner holds counts for giving up. */
function hold(pair: Pair): void {
  pair.held = true
  pair.table.workingSinceMs = null
  if (pair.phase === 'running') pair.phase = 'holding'
}

function release(pair: Pair): void {
  pair.held = false
  if (pair.phase !== 'holding') return
  pair.phase = 'running'
  pair.table.workingSinceMs = pair.nowMs
  releaseAll(pair)
}

/** Another schedule counts at once, for what waits already too. A pair that is loading meets its policy when that ends. */
export function changePolicy(pair: Pair, policy: PairPolicy): void {
  const before = pair.policy
  pair.policy = policy
  if (policy.judge !== before.judge) collectUnjudged(pair)
  if (!isWorking(pair) && pair.phase !== 'reading') return
  if (isQueuedBy(pair.table, policy)) followSchedule(pair)
  else if (isWorking(pair)) queueAnew(pair)
}
