import { type CommitMetadata, nothingRemembered } from '#shared/delivery/commit-metadata.ts'
import { addToRuns, gapsIn, isInRuns } from './ack-window.ts'
import { begin } from './begin.ts'
import { monotonicMs } from './clocks.ts'
import { appendFence, load } from './epochs.ts'
import { readUpTo } from './fences.ts'
import type { CommittedState, Input } from './inputs.ts'
import { meetRetryStart } from './read-retry.ts'
import { meetStreamStart } from './read-stream.ts'
import { followSchedule } from './reschedule.ts'
import { emit, type Pair } from './states.ts'
import { isQueuedBy, openTable } from './table.ts'

type Assigned = Extract<Input, { kind: 'assigned' }>

/**
 * The member joined and the pair is its own. What it left paused or not in an earlier ownership means nothing, so both
 * halves are paused by name. The table stays until the committed state shows whether another owner came between.
 */
export function join(pair: Pair, token: string): void {
  pair.phase = 'loading'
  pair.nextToken = token
  emit(pair, { kind: 'pause', of: 'stream' })
  emit(pair, { kind: 'pause', of: 'retry' })
  load(pair)
}

/**
 * The committed state is here. The token in it says who committed last: still ours means that nobody else did since, and
 * everything in memory stays, attempts under way included. Anything else starts anew.
 */
export function assign(pair: Pair, input: Assigned): void {
  const remembered = input.committed ?? nothingRemembered
  pair.wallAheadMs = input.wallMs - pair.nowMs
  const lost = lostPosition(input)
  if (lost !== null) fail(pair, input, lost)
  else if (isOurs(pair, remembered)) keep(pair, input)
  else startAnew(pair, input, remembered)
}

function isOurs({ table, token, policy }: Pair, remembered: CommitMetadata): boolean {
  return table.retry.isComplete && remembered.token === token && isQueuedBy(table, policy)
}

/** Somebody may have come between without a commit: the retry half is read to its end first, a fence of theirs would stand there. */
function keep(pair: Pair, { log, retry }: CommittedState): void {
  const reader = pair.table.retry
  reader.position = reader.top
  followSchedule(pair)
  meetRetryStart(pair, retry.log.low)
  meetStreamStart(pair, log.low)
  openRetry(pair)
  if (reader.top >= retry.log.high) begin(pair)
  else readUpTo(pair, retry.log.high)
}

function startAnew(
  pair: Pair,
  { committed, startOffset, delivered, log, retry }: Assigned,
  remembered: CommitMetadata,
): void {
  if (pair.token !== '') emit(pair, { kind: 'drop-appends', token: pair.token })
  pair.token = pair.nextToken
  const wanted = committed?.offset ?? startOffset
  const base = Math.max(wanted, log.low)
  const isCommitted = (offset: number) => offset < wanted || isInRuns(remembered.runs, offset)
  const recalled = new Map([...delivered].map(([offset, atMs]) => [offset, { atMs, isCommitted: isCommitted(offset) }]))
  const uncommitted = [...recalled].flatMap(([offset, one]) => (one.isCommitted ? [] : [offset]))
  const restored = addToRuns(remembered.runs, uncommitted)
  for (const gap of gapsIn(restored, { from: wanted, to: base })) emit(pair, { kind: 'report-expired', ...gap })
  pair.table = openTable(base, Math.max(retry.committed ?? 0, retry.log.low), {
    restored,
    recalled,
    former: { token: remembered.token ?? '', streamEnd: log.high },
    ownedUntilMs: remembered.atMs === null ? pair.nowMs : monotonicMs(pair, remembered.atMs),
    queuing: { ordering: pair.policy.ordering, whileBlocked: pair.policy.whileBlocked },
  })
  pair.schedule = pair.policy.retry
  pair.phase = 'reading'
  if (!pair.dropped.fetchBeforeFence) appendFence(pair)
  openRetry(pair)
  if (pair.dropped.gate) begin(pair)
}

/** The retry half is read from where it is unread, and never pauses from here on: an entry of the table is small. */
function openRetry(pair: Pair): void {
  emit(pair, { kind: 'seek', of: 'retry', offset: pair.table.retry.position })
  emit(pair, { kind: 'resume', of: 'retry' })
}

/** A base beyond the log's end, or none although deliveries had begun, is a position that somebody deleted. */
function lostPosition({ committed, startOffset, started, log, retry }: CommittedState): string | null {
  if (committed === null && started) return 'the group has no committed offset although deliveries had begun'
  const base = committed?.offset ?? startOffset
  if (base > log.high) return `the position ${base} is beyond the end of the stream partition at ${log.high}`
  if (retry.committed === null || retry.committed <= retry.log.high) return null
  return `the position ${retry.committed} is beyond the end of the retry partition at ${retry.log.high}`
}

/** Nothing is guessed. What waits in the retry half stays there until an operator has named a position. */
function fail(pair: Pair, { retry }: CommittedState, detail: string): void {
  if (pair.token !== '') emit(pair, { kind: 'drop-appends', token: pair.token })
  pair.token = pair.nextToken
  pair.table = openTable(0, Math.min(Math.max(retry.committed ?? 0, retry.log.low), retry.log.high))
  pair.phase = 'failed'
  emit(pair, { kind: 'report-offsets-lost', detail })
}
