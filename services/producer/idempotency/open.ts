import { randomBytes } from 'node:crypto'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { type IdempotencyMarks, openMarks, type Seen } from '#shared/redis/idempotency-marks.ts'
import { decide, type Finding, isRefused } from './decision.ts'
import { type Holding, openHolding } from './holding.ts'
import { type MarkedEvent, marksOf } from './marks.ts'
import { markedOpening, type OpenedMark, type Opening, release, unmarkedOpening } from './opening.ts'
import { type IdempotentRequest, type Plan, planOf } from './plan.ts'
import { allowanceMs, openReach, type Reach } from './reach.ts'
import { encodeAnswer } from './stored-answer.ts'

/** What happened to an event because of idempotency, for the metrics. */
export type IdempotencyEvent = 'replayed' | 'taken-over' | 'stored-twice' | 'unchecked'

/**
 * Recognises events that were published before, once per request of any number of events.
 *
 * A mark in Redis is absent → pending (opened before the append, believed while its producer renews the lease) → done with
 * the answer, for one window. A pending mark whose lease ended belonged to a producer that died: the event is appended
 * again, because nobody knows whether it is in the log, and an event twice is better than none.
 */
export type Idempotency = {
  /** At once when no event of the request can be recognised or Redis is not in use; never rejects. */
  open(request: IdempotentRequest): Opening | Promise<Opening>
  close(): void
}

export type IdempotencyOptions = {
  redis: RedisConnection
  /** False when no Redis is configured. */
  isConfigured: boolean
  prefix: string
  windowMs: number
  observe(event: IdempotencyEvent, count: number): void
  /** Default: the marks in Redis. */
  marks?: IdempotencyMarks
  /** Default 5,000. */
  leaseMs?: number
}

/**
 * How long a repeat is told to wait after its producer died; longer than a process stands still for garbage collection or
 * for want of a core, because then the event would be stored twice.
 */
const defaultLeaseMs = 5_000

type Parts = { marks: IdempotencyMarks; reach: Reach; holding: Holding; observe: IdempotencyOptions['observe'] }

export function openIdempotency(options: IdempotencyOptions): Idempotency {
  const { redis, prefix, windowMs, observe, leaseMs = defaultLeaseMs } = options
  const marks = options.marks ?? openMarks({ redis, prefix, windowMs, leaseMs })
  const reach = openReach({ redis, ping: marks.ping, windowMs })
  const holding = openHolding({ marks, reach, windowMs, leaseMs })
  const parts = { marks, reach, holding, observe }
  const boot = randomBytes(6).toString('base64url')
  let requests = 0
  return {
    open(request) {
      const plans = planOf(request)
      const count = plans.reduce((sum, plan) => sum + Number(plan.kind === 'marked'), 0)
      if (count === 0 || !options.isConfigured) return unmarkedOpening(decide(plans, request, nothing), 'off')
      if (!reach.isUsable()) {
        missed(parts, count)
        return unmarkedOpening(decide(plans, request, nothing), 'unavailable')
      }
      requests += 1
      return openMarked(parts, { request, plans, token: `${boot}${requests.toString(36)}` })
    },
    close() {
      holding.close()
      reach.close()
    },
  }
}

const nothing = new Map<number, Finding>()

type Request = { request: IdempotentRequest; plans: readonly Plan[]; token: string }

/** Also when Redis did not answer in time it may have opened the marks: they are settled all the same. */
async function openMarked(parts: Parts, { request, plans, token }: Request): Promise<Opening> {
  const { marks, reach } = parts
  const marked = await marksOf(request, plans)
  const startedMs = performance.now()
  const asked = marked.map(({ mark }) => mark)
  const seen = await reach.ask(() => marks.open(asked, token), allowanceMs)
  const leftMs = Math.max(1, allowanceMs - (performance.now() - startedMs))
  report(parts, seen, marked.length)
  const findings = new Map(marked.map(({ index, impliedId }, at) => [index, { seen: seen?.[at], impliedId }]))
  const decisions = decide(plans, request, findings)
  const opened = new Map(
    marked
      .filter(({ index }) => decisions[index]?.kind === 'append')
      .map((event) => [event.index, openedMark(event, token)]),
  )
  if (decisions.some(isRefused)) void release({ ...parts, allowanceMs: leftMs }, [...opened.values()])
  const dedup = seen === null ? 'unavailable' : reach.isComplete() ? 'checked' : 'best-effort'
  const storedTwice = (count: number) => parts.observe('stored-twice', count)
  return markedOpening({ ...parts, decisions, opened, dedup, allowanceMs: leftMs, storedTwice })
}

function openedMark({ mark, impliedId }: MarkedEvent, token: string): OpenedMark {
  return { mark: { ...mark, token }, encode: (answer) => encodeAnswer(answer, impliedId) }
}

function report(parts: Parts, seen: readonly Seen[] | null, count: number): void {
  if (seen === null) {
    missed(parts, count)
    return
  }
  const countOf = (kind: Seen['kind']) => seen.reduce((sum, one) => sum + Number(one.kind === kind), 0)
  const [replayed, takenOver] = [countOf('done'), countOf('taken-over')]
  if (replayed > 0) parts.observe('replayed', replayed)
  if (takenOver > 0) parts.observe('taken-over', takenOver)
}

function missed({ reach, observe }: Parts, count: number): void {
  reach.missed()
  observe('unchecked', count)
}
