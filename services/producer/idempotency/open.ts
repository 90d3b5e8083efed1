import { randomBytes } from 'node:crypto'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { type HeldMark, type IdempotencyMarks, openMarks, type Seen } from '#shared/redis/idempotency-marks.ts'
import { within } from '#shared/resilience/deadline.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import type { Deduplicate, Deduplication, DedupRequest, Verdict } from '../deduplication.ts'
import { type Holding, openHolding } from './holding.ts'
import type { LookBack } from './look-back.ts'
import { isRecognisable, type MarkedEvent, marksOf } from './marks.ts'
import { openReach, type Reach } from './reach.ts'
import { settling } from './settling.ts'
import { type FoundEvent, findTakenOver } from './taken-over.ts'
import { tokenOf } from './token.ts'
import { append, verdictOf } from './verdict.ts'

/** What happened to an event because of idempotency, for the metrics. */
export type IdempotencyEvent = 'replayed' | 'taken-over' | 'found' | 'stored-twice' | 'unchecked'

/**
 * Recognises events that were published before, once per request of any number of events.
 *
 * A mark in Redis is absent → pending (opened before the append, believed while its producer renews the lease) → done with
 * the answer, for one window. A pending mark whose lease ended belonged to a producer that died: whoever takes it over looks
 * for the event in the log. A publisher waits 2 s for that search; then it is told to ask again, and finds what has come of
 * it. When the event is not there, or that cannot be found out, it is appended again: an event twice is better than none.
 */
export type Idempotency = { deduplicate: Deduplicate; close(): void }

export type IdempotencyOptions = {
  redis: Pick<RedisConnection, 'up' | 'reconnectedForMs' | 'tryRun'>
  prefix: string
  windowMs: number
  observe(event: IdempotencyEvent, count: number): void
  lookBack: LookBack
  /** Default: the marks in Redis. */
  marks?: IdempotencyMarks
  /** Default 5,000. */
  leaseMs?: number
  /** The most that Redis may add to a publish of up to 1,000 events, ms; default 50. */
  allowanceMs?: number
  /** How long a publisher waits for a search in the log, ms; default 2,000. */
  searchPatienceMs?: number
}

/**
 * How long a repeat is told to wait after its producer died; longer than a process stands still for garbage collection or
 * for want of a core, because then the event would be stored twice.
 */
const defaultLeaseMs = 5_000
const defaultSearchPatienceMs = 2_000

type Parts = { marks: IdempotencyMarks; reach: Reach; holding: Holding } & Required<
  Pick<IdempotencyOptions, 'observe' | 'lookBack' | 'searchPatienceMs'>
>

export function openIdempotency(options: IdempotencyOptions): Idempotency {
  const { redis, prefix, windowMs, observe, lookBack, leaseMs = defaultLeaseMs } = options
  const { searchPatienceMs = defaultSearchPatienceMs, allowanceMs } = options
  const marks = options.marks ?? openMarks({ redis, prefix, windowMs, leaseMs })
  const reach = openReach({ redis, ping: marks.ping, windowMs, ...(allowanceMs === undefined ? {} : { allowanceMs }) })
  const holding = openHolding({ marks, reach, windowMs, leaseMs })
  const boot = randomBytes(6).toString('base64url')
  let requests = 0
  return {
    deduplicate(request) {
      if (!isRecognisable(request)) return undefined
      requests += 1
      const parts = { marks, reach, holding, observe, lookBack, searchPatienceMs }
      return deduplicate(request, `${boot}${requests.toString(36)}`, parts)
    },
    close() {
      holding.close()
      reach.close()
    },
  }
}

async function deduplicate(request: DedupRequest, owner: string, parts: Parts): Promise<Deduplication> {
  const { holding, observe } = parts
  const marked = await marksOf(request)
  const allowanceMs = parts.reach.allowanceFor(marked.length)
  const startedMs = performance.now()
  const { seen, asked, isAnswered } = await look(marked, tokensOf(request, owner), parts)
  const leftMs = Math.max(1, allowanceMs - (performance.now() - startedMs))
  const takenOver = asked.filter(({ index }) => seen.get(index)?.kind === 'taken-over')
  const found = takenOver.length === 0 ? [] : await search(request, takenOver, { seen, parts })
  const searchedFor = new Set(found === undefined ? takenOver.map(({ index }) => index) : [])
  for (const index of searchedFor) seen.set(index, { kind: 'running' })
  for (const { index, answer } of found ?? []) seen.set(index, { kind: 'done', answer })
  const verdicts = await verdictsOf(request, marked, seen)
  const opened = asked.filter(({ index }) => verdicts[index]?.kind === 'append')
  for (const { index, mark } of asked) {
    if (verdicts[index]?.kind !== 'append' && !searchedFor.has(index)) holding.letGo(mark)
  }
  await writeDown(found ?? [], parts)
  report(parts, verdicts, { seen, unchecked: isAnswered ? 0 : asked.length })
  const mode = !isAnswered ? 'unavailable' : parts.reach.isComplete() ? 'checked' : 'best-effort'
  const storedTwice = (count: number) => observe('stored-twice', count)
  return { verdicts, ...settling({ ...parts, opened, mode, leftMs, allowanceMs, storedTwice }) }
}

function tokensOf({ partitions }: DedupRequest, owner: string): (index: number) => string {
  const sinceMs = Date.now()
  return (index) => tokenOf(owner, { partition: partitions[index] ?? 0, sinceMs })
}

type Searching = { seen: Look['seen']; parts: Parts }

/** What a dead producer did store of these; undefined: the search goes on, and its outcome is for those who ask again. */
async function search(request: DedupRequest, takenOver: readonly Asked[], { seen, parts }: Searching) {
  const searching = findTakenOver(request, { asked: takenOver, seen }, parts.lookBack)
  const found = await within(searching, parts.searchPatienceMs, undefined)
  if (found === undefined) void searching.then((late) => endSearch(takenOver, late, parts))
  return found
}

/** Writes down what a search has found that took longer than its publisher waited, and gives up the rest: it is not stored. */
async function endSearch(searched: readonly Asked[], found: readonly FoundEvent[], parts: Parts): Promise<void> {
  const isFound = new Set(found.map(({ index }) => index))
  const missing = searched.filter(({ index }) => !isFound.has(index)).map(({ mark }) => mark)
  for (const mark of missing) parts.holding.letGo(mark)
  const { reach, marks } = parts
  if (missing.length > 0) void reach.ask(() => marks.release(missing), reach.allowanceFor(missing.length))
  await writeDown(found, parts)
}

/** In Redis before the answer is given, as the answer of an event that was appended. */
async function writeDown(found: readonly FoundEvent[], { marks, reach, holding, observe }: Parts): Promise<void> {
  if (found.length === 0) return
  observe('found', found.length)
  for (const { mark, answer } of found) holding.unwritten(mark, answer)
  const settled = found.map(({ mark, answer }) => ({ ...mark, answer }))
  const written = await reach.ask(() => marks.settle(settled), reach.allowanceFor(found.length))
  if (written !== null) for (const { mark } of found) holding.letGo(mark)
}

type Asked = MarkedEvent & { mark: HeldMark }

type Look = {
  seen: Map<number, Seen | undefined>
  /** Those that this process knew nothing of. */
  asked: readonly Asked[]
  isAnswered: boolean
}

/** What is unknown here is held at once, so that of twins in this process only one gets through, whatever Redis does. */
async function look(
  marked: readonly MarkedEvent[],
  tokenAt: (index: number) => string,
  { marks, reach, holding }: Parts,
): Promise<Look> {
  const seen = new Map(marked.map(({ index, mark }) => [index, holding.find(mark)]))
  const asked = marked
    .filter(({ index }) => seen.get(index) === undefined)
    .map((event) => ({ ...event, mark: { ...event.mark, token: tokenAt(event.index) } }))
  for (const { mark } of asked) holding.undecided(mark)
  if (asked.length === 0) return { seen, asked, isAnswered: true }
  const answers = await reach.ask(() => marks.open(asked.map(({ mark }) => mark)), reach.allowanceFor(asked.length))
  for (const [at, { index }] of asked.entries()) seen.set(index, answers?.[at])
  return { seen, asked, isAnswered: answers !== null }
}

async function verdictsOf(
  { stream, events }: DedupRequest,
  marked: readonly MarkedEvent[],
  seen: Look['seen'],
): Promise<readonly Verdict[]> {
  const slices = inSlices()
  const verdicts: Verdict[] = events.map(() => append)
  for (const { index, impliedId } of marked) {
    const event = events[index]
    if (event !== undefined) verdicts[index] = verdictOf({ stream, event, impliedId, seen: seen.get(index) })
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return verdicts
}

type Found = Pick<Look, 'seen'> & { unchecked: number }

function report({ reach, observe }: Parts, verdicts: readonly Verdict[], { seen, unchecked }: Found): void {
  const replayed = verdicts.reduce((sum, { kind }) => sum + Number(kind === 'replay'), 0)
  const takenOver = [...seen.values()].reduce((sum, one) => sum + Number(one?.kind === 'taken-over'), 0)
  if (replayed > 0) observe('replayed', replayed)
  if (takenOver > 0) observe('taken-over', takenOver)
  if (unchecked === 0) return
  reach.missed()
  observe('unchecked', unchecked)
}
