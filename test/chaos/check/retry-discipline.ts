import { createHash } from 'node:crypto'
import type { ReceiveLine } from '../history.ts'
import { noStatus } from '../load/breaks.ts'
import { indexAt } from '../moments.ts'
import { clockErrorNs } from './coverage.ts'
import { doubtsOf } from './doubts.ts'
import { type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { isDisturbed, realFaults, type Span } from './spans.ts'
import { type Hole, holesOf } from './unseen.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

const defaultGiveUpMs = 86_400_000
const jitterShare = 0.1
/** Timers of Node may fire a millisecond early. */
const timerErrorMs = 2
/**
 * At most two more tries, 100 and 400 ms after the one before or later, within 2 s: only where a proxy found nobody behind it, or
 * the connection broke.
 */
const quick = { statuses: new Set([noStatus, 502, 503, 504]), tries: 3, withinMs: 2_000, pausesMs: [100, 400] }
/** What a receiver asks for counts from 1 s to 15 min; a 429 that asks for nothing gets 5 s. */
const wait = { shortestMs: 1_000, longestMs: 900_000, usualMs: 5_000 }
/** A new owner does not know of attempts in flight when the one before it ended. */
const takeoverMs = 10_000

/**
 * I13: a failed attempt is followed by another one no sooner than the next point of the schedule, jitter included, or than
 * the receiver asked for. Not judged: attempts that a fault may have repeated, those while the failures before them may
 * have opened the breaker, after which everything that waits is due, those of which a park may be that nobody saw, the first
 * one of another owner: the attempt before may have been made after the last commit, and its point counts again then, and
 * those before which an instance says that it went on after a hold or with partitions that it had loaded.
 * Not judged at all without a schedule.
 */
export function checkRetryDiscipline(facts: Facts, scope: Scope): Verdict {
  const { scheduleMs } = scope
  const retried = [...receiptsOf(facts, scope)].filter(([, receipts]) => receipts.length > 1)
  const offences: Offence[] = []
  let judged = 0
  if (scheduleMs !== undefined && retried.length > 0) {
    const context = { doubts: doubtsOf(facts, scope), clocks: clocksOf(facts, scope), faults: realFaults(facts) }
    const resumedNs = Float64Array.from((facts.resumptions.get(scope.subscription) ?? []).map(({ ns }) => ns)).sort()
    const holes = holesOf(facts, scope)
    for (const [id, receipts] of retried) {
      for (const attempts of Map.groupBy(
        receipts.filter(({ job }) => job === null),
        placeOf,
      ).values()) {
        for (const pair of pairsOf(attempts)) {
          const { before, again } = pair
          const span = { fromNs: before.arrivedNs, toNs: again.arrivedNs }
          if (isDisturbed(context.faults, span, takeoverMs) || context.doubts.any(span)) continue
          if (before.sender !== again.sender || isResumed(resumedNs, span)) continue
          if (mayBeParkedUnseen(pair, holes.get(before.partition) ?? [])) continue
          judged += 1
          const what = faultOf(pair, { scope, scheduleMs, parks: context.clocks.get(placeOf(before)) ?? [] })
          if (what !== undefined) offences.push({ id, what })
        }
      }
    }
  }
  return verdict({
    invariant: 'I13',
    claim: 'what failed is tried again when its schedule or its receiver says so, and not before',
    offences,
    judged,
    counts: { retries: judged, earlyRetries: offences.length },
  })
}

/**
 * An attempt after a failed one; `own` is the first failure of its owner, `turn` the first of the attempts that belong
 * together, `tries` how many of them came before. `turns`: of the first attempt of each turn the first one of the next.
 */
type Pair = Record<'first' | 'own' | 'turn' | 'before' | 'again', ReceiveLine> & { tries: number; turns: Turns }

type Turns = ReadonlyMap<ReceiveLine, ReceiveLine>

const isResumed = (resumedNs: Float64Array, { fromNs, toNs }: Span): boolean =>
  (resumedNs[indexAt(resumedNs, fromNs - clockErrorNs)] ?? Infinity) <= toNs + clockErrorNs

/** A park says since when its event has been failing. */
const mayBeParkedUnseen = ({ first, again }: Pair, holes: readonly Hole[]): boolean =>
  holes.some(({ fromNs, toNs }) => fromNs <= again.arrivedNs && toNs >= first.ns)

type Policy = { scope: Scope; scheduleMs: readonly number[]; parks: readonly number[] }

function pairsOf(attempts: readonly ReceiveLine[]): Pair[] {
  const sorted = attempts.toSorted((a, b) => a.arrivedNs - b.arrivedNs)
  const failed = sorted.findIndex((one) => !succeeded(one))
  const [first] = sorted.slice(Math.max(0, failed))
  if (first === undefined || failed === -1) return []
  const pairs: Pair[] = []
  const turns = new Map<ReceiveLine, ReceiveLine>()
  let [turn, tries] = [first, 1]
  for (let index = failed + 1; index < sorted.length; index += 1) {
    const [before, again] = [sorted[index - 1], sorted[index]]
    if (before === undefined || again === undefined || succeeded(before)) break
    const own = sorted.slice(failed).find(({ sender }) => sender === before.sender) ?? first
    const pair = { first, own, turn, tries, turns, before, again }
    pairs.push(pair)
    const belongs = isQuick(pair)
    if (belongs) tries += 1
    else {
      turns.set(turn, again)
      ;[turn, tries] = [again, 1]
    }
  }
  return pairs
}

const placeOf = ({ partition, offset }: { partition: number; offset: number }): string => `${partition}/${offset}`

const isQuick = ({ turn, tries, before, again }: Pair): boolean =>
  before.retryAfterMs === undefined &&
  quick.statuses.has(before.status) &&
  tries < quick.tries &&
  again.arrivedNs - turn.arrivedNs <= quick.withinMs * 1e6 &&
  again.arrivedNs - before.ns >= ((quick.pausesMs[tries - 1] ?? 0) - timerErrorMs) * 1e6

function faultOf(pair: Pair, { scope, scheduleMs, parks }: Policy): string | undefined {
  const { first, own, turns, before, again } = pair
  const waitedMs = (again.arrivedNs - before.ns) / 1e6
  const askedMs = askedOf(before)
  if (askedMs !== undefined) {
    if (waitedMs >= askedMs - timerErrorMs) return undefined
    return `tried ${waitedMs.toFixed(0)} ms after an answer that asked for ${askedMs} ms`
  }
  if (isQuick(pair)) return undefined
  const { giveUpAfterMs = defaultGiveUpMs } = scope
  const eventId = first.attributes.id ?? first.id
  const points = { scheduleMs, giveUpAfterMs }
  // One that died with the first failure in its hands told nobody: the next one counts from its own.
  const failures = [...new Set([first, own])].map((failure) => {
    const parkedNs = parks.filter((parkNs) => parkNs > failure.ns)
    const toNs = Math.min(...parkedNs, latestReadNs(failure, turns.get(failure), nextDueMs(points, eventId, 0)))
    return { fromNs: failure.ns, toNs }
  })
  const clocks = [...failures, ...parks.map((ns) => ({ fromNs: ns, toNs: ns }))]
  if (clocks.some((clock) => isDue(points, eventId, { clock, before, again }))) return undefined
  const ageMs = (again.arrivedNs - first.ns) / 1e6
  const dueMs = nextDueMs(points, eventId, (before.ns - first.ns) / 1e6)
  return `tried ${ageMs.toFixed(0)} ms after its first failure, ${waitedMs.toFixed(0)} ms after its last; due was ${dueMs.toFixed(0)} ms`
}

/**
 * An owner counts from when it reads the answer: after the receiver wrote it, before the broker dated a park of it, and as
 * long before the next attempt as the first point says, unless that was made for another reason.
 */
function latestReadNs({ ns }: ReceiveLine, next: ReceiveLine | undefined, firstDueMs: number): number {
  if (next === undefined) return ns
  const latestNs = next.arrivedNs - firstDueMs * 1e6
  return latestNs >= ns - timerErrorMs * 1e6 ? Math.max(ns, latestNs) : next.arrivedNs
}

type Retried = { clock: Span; before: ReceiveLine; again: ReceiveLine }

/** Whether a point lies between the two attempts, for some clock within the span. */
function isDue(points: Points, eventId: string, { clock, before, again }: Retried): boolean {
  for (let dueMs = nextDueMs(points, eventId, (before.ns - clock.toNs) / 1e6); ; ) {
    const [earliestNs, latestNs] = [before.ns - dueMs * 1e6, again.arrivedNs - (dueMs - timerErrorMs) * 1e6]
    if (Math.max(clock.fromNs, earliestNs) <= Math.min(clock.toNs, latestNs)) return true
    if (latestNs < clock.fromNs) return false
    dueMs = nextDueMs(points, eventId, dueMs)
  }
}

function askedOf({ status, retryAfterMs }: ReceiveLine): number | undefined {
  const isWait = status === 429 || (status === 503 && retryAfterMs !== undefined)
  if (!isWait) return undefined
  return Math.min(wait.longestMs, Math.max(wait.shortestMs, retryAfterMs ?? wait.usualMs))
}

/** Since when a delivery fails may be what a park of it says, or when the broker got that; never sooner. */
function clocksOf(facts: Facts, { subscription }: Scope): Map<string, number[]> {
  const clocks = new Map<string, number[]>()
  for (const { kind, source, ns, clockNs = ns } of facts.retries.get(subscription) ?? []) {
    if (kind !== 'park' || source === null) continue
    const known = clocks.get(placeOf(source))
    if (known === undefined) clocks.set(placeOf(source), [clockNs - clockErrorNs])
    else known.push(clockNs - clockErrorNs)
  }
  return clocks
}

type Points = { scheduleMs: readonly number[]; giveUpAfterMs: number }

/** The first point after an age: those of the schedule, giving up among them, then one every last gap; each with its jitter. */
function nextDueMs(points: Points, eventId: string, ageMs: number): number {
  let [before, index] = [0, 0]
  for (const point of ascending(points)) {
    const dueMs = point + (point - before) * jitterShare * unit(eventId, index)
    if (dueMs > ageMs) return dueMs
    before = point
    index += 1
  }
  return Infinity
}

function* ascending({ scheduleMs, giveUpAfterMs }: Points): Generator<number> {
  const gapMs = Math.max(100, (scheduleMs.at(-1) ?? 0) - (scheduleMs.at(-2) ?? 0))
  let isGivenUp = false
  for (let index = 0; ; index += 1) {
    const last = scheduleMs.length - 1
    const point = scheduleMs[index] ?? (scheduleMs[last] ?? 0) + (index - last) * gapMs
    if (!isGivenUp && giveUpAfterMs <= point) {
      isGivenUp = true
      if (giveUpAfterMs < point) yield giveUpAfterMs
    }
    yield point
  }
}

const unit = (eventId: string, index: number): number =>
  createHash('sha256').update(`${eventId}\n${index}`).digest().readUInt32BE(0) / 2 ** 32
