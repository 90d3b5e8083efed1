import { randomBytes } from 'node:crypto'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { type IdempotencyMarks, openMarks, type Seen } from '#shared/redis/idempotency-marks.ts'
import { type Decision, decide, type Finding, isRefused } from './decision.ts'
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

/** What is unknown here is held at once, so that of twins in this process only one gets through, whatever Redis does. */
async function openMarked(parts: Parts, { request, plans, token }: Request): Promise<Opening> {
  const { marks, reach, holding } = parts
  const marked = await marksOf(request, plans)
  const found = new Map(marked.map(({ index, mark }) => [index, holding.find(mark)]))
  const asked = marked.filter(({ index }) => found.get(index) === undefined).map((event) => openedMark(event, token))
  for (const { mark } of asked) holding.undecided(mark)
  const startedMs = performance.now()
  const seen =
    asked.length === 0
      ? []
      : await reach.ask(
          () =>
            marks.open(
              asked.map(({ mark }) => mark),
              token,
            ),
          allowanceMs,
        )
  const leftMs = Math.max(1, allowanceMs - (performance.now() - startedMs))
  for (const [at, { index }] of asked.entries()) found.set(index, seen?.[at])
  const findings = new Map(marked.map(({ index, impliedId }) => [index, { seen: found.get(index), impliedId }]))
  const decisions = decide(plans, request, findings)
  report(parts, decisions, { seen, count: asked.length })
  const opened = asked.filter(({ index }) => decisions[index]?.kind === 'append')
  const isWhollyRefused = decisions.some(isRefused)
  for (const { index, mark } of asked) if (isWhollyRefused || decisions[index]?.kind !== 'append') holding.letGo(mark)
  if (isWhollyRefused) void release({ ...parts, allowanceMs: leftMs }, opened)
  const dedup = seen === null ? 'unavailable' : reach.isComplete() ? 'checked' : 'best-effort'
  const storedTwice = (count: number) => parts.observe('stored-twice', count)
  const byIndex = new Map(opened.map((one) => [one.index, one]))
  return markedOpening({ ...parts, decisions, opened: byIndex, dedup, allowanceMs: leftMs, storedTwice })
}

function openedMark({ index, mark, impliedId }: MarkedEvent, token: string): OpenedMark & { index: number } {
  return { index, mark: { ...mark, token }, encode: (answer) => encodeAnswer(answer, impliedId) }
}

type Asked = { seen: readonly Seen[] | null; count: number }

function report({ reach, observe }: Parts, decisions: readonly Decision[], { seen, count }: Asked): void {
  const replayed = decisions.reduce((sum, { kind }) => sum + Number(kind === 'replay'), 0)
  const takenOver = (seen ?? []).reduce((sum, { kind }) => sum + Number(kind === 'taken-over'), 0)
  if (replayed > 0) observe('replayed', replayed)
  if (takenOver > 0) observe('taken-over', takenOver)
  if (seen !== null) return
  reach.missed()
  observe('unchecked', count)
}
