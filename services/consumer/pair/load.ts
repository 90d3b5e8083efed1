import { openWindow, restoreRuns } from './ack-window.ts'
import { decodeMetadata } from './commit-metadata.ts'
import type { Effect } from './effects.ts'
import type { Input } from './inputs.ts'
import { passLogStart } from './read.ts'
import { emptyState, type Pair } from './states.ts'

type Assigned = Extract<Input, { kind: 'assigned' }>

/**
 * Begins an ownership from the committed state. The token in the commit says who committed last: still ours means that
 * nobody came between, and everything in memory stays, attempts under way included. Anything else starts anew, and answers
 * to what was under way are ignored for ever.
 */
export function assign(pair: Pair, input: Assigned, nowMs: number): Effect[] {
  const { committed } = input
  const remembered = decodeMetadata(committed?.metadata ?? '', committed?.offset ?? 0)
  const isKept = pair.token !== null && remembered.token === pair.token
  const lost = lostPosition(input, isKept ? pair.window.next : null)
  if (lost !== null) {
    pair.phase = 'gone'
    return [{ kind: 'report-offsets-lost', detail: lost }]
  }
  if (isKept) return [...passLogStart(pair, input.log.low), ...begin(pair, nowMs)]
  const wanted = committed?.offset ?? input.startOffset
  const base = Math.max(wanted, input.log.low)
  Object.assign(pair, emptyState(base), { token: input.token, committed: committed?.offset ?? null })
  pair.window = openWindow(base)
  restoreRuns(pair.window, remembered.runs)
  const expired: Effect[] = base > wanted ? [{ kind: 'report-expired', from: wanted, to: base }] : []
  return [...expired, ...begin(pair, nowMs)]
}

/** A base beyond the log's end, or none although deliveries had begun, is a position that somebody deleted. */
function lostPosition({ committed, startOffset, started, log }: Assigned, kept: number | null): string | null {
  if (committed === null && started) return 'the group has no committed offset although deliveries had begun'
  const base = kept ?? committed?.offset ?? startOffset
  return base > log.high ? `the position ${base} is beyond the end of the log at ${log.high}` : null
}

/** Reads from `next` on; commits at once, so that the token of this owner is the one that others find. */
function begin(pair: Pair, nowMs: number): Effect[] {
  pair.phase = pair.held ? 'holding' : 'running'
  pair.workingSinceMs = pair.held ? null : (pair.workingSinceMs ?? nowMs)
  pair.dirty = true
  const seek: Effect = { kind: 'seek', offset: pair.window.next }
  return pair.full ? [seek] : [seek, { kind: 'resume' }]
}
