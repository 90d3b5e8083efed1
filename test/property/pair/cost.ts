import { nothingRemembered } from '#shared/delivery/commit-metadata.ts'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import type { Effect } from '../../../services/consumer/pair/effects.ts'
import type { Input, Outcome } from '../../../services/consumer/pair/inputs.ts'
import { parkRecord } from '../../../services/consumer/pair/retry-record.ts'
import { createPair, type Pair } from '../../../services/consumer/pair/states.ts'
import { step } from '../../../services/consumer/pair/step.ts'
import { plain } from './conditions.ts'

/** What the reducer costs per event, printed; run by hand. Figures of a machine, not a test. */
const events = 400_000
const batch = 500
const slots = 64

const times = { attempts: 1, firstAttemptAtMs: 0, lastAttemptAtMs: 0 }
const delivered: Outcome = { kind: 'delivered', ...times }
const failed: Outcome = { kind: 'failed', eventId: 'e', cause: 'exhausted', code: 'status-500', detail: '', ...times }
const value = Buffer.alloc(512, 'x')
const policy = {
  ...plain.policy,
  inbox: { events: 1e9, bytes: 1e15 },
  waiting: { perKey: 1e9, perPair: 1e9, valueBytes: 1e15 },
}

report('delivered, 10,000 keys', () => deliverAll(10_000, () => delivered))
report('delivered, no keys', () => deliverAll(null, () => delivered))
report('delivered, one key in 20 fails once: parks, followers, done records', () => deliverAll(1_000, failEach(20)))
report('a takeover reads parks', readBacklog)

function report(name: string, work: () => number): void {
  work()
  const beganMs = performance.now()
  const count = work()
  const microseconds = ((performance.now() - beganMs) * 1_000) / count
  console.log(`${name}: ${microseconds.toFixed(2)} µs per event, ${Math.round(1e6 / microseconds)} events/s`)
}

/** A pair whose effects come true at once: appends land, are acknowledged and read back, attempts are answered. */
function deliverAll(keys: number | null, outcomeOf: (offset: number) => Outcome): number {
  const world = openWorld()
  const { give, pair } = world
  for (let offset = 0; offset < events; ) {
    const records: StoredRecord[] = []
    for (let i = 0; i < batch; i += 1, offset += 1) records.push(eventAt(offset, keys))
    give({ kind: 'records', of: 'stream', fetchedFrom: offset - batch, records })
    for (;;) {
      world.nowMs += 1
      give({ kind: 'offer', slots, ofRetry: slots })
      const open = world.attempts.splice(0)
      for (const source of open) {
        const answer = { offset: source.offset, timestampMs: source.timestampMs, outcome: outcomeOf(source.offset) }
        give({ kind: 'answered', token: pair.token, ...answer })
      }
      world.settle()
      if (open.length === 0) break
    }
    if (offset % 5_000 === 0) give({ kind: 'commit-due', forced: false })
    world.nowMs += 200
    give({ kind: 'tick' })
  }
  return events
}

function readBacklog(): number {
  const world = openWorld()
  for (let offset = 0; offset < events / 2; offset += 1) {
    const event = eventAt(offset, 20_000)
    const clockAtMs = offset >= 20_000 ? 0 : null
    world.lane.push(parkRecord(event, { owner: 'x', cause: 'y', clockAtMs, attempts: 1, firstAttemptAtMs: 0 }))
    if (world.lane.length === batch) world.settle()
  }
  world.settle()
  return events / 2
}

function failEach(step: number): (offset: number) => Outcome {
  const tried = new Set<number>()
  return (offset) => {
    const isFailing = offset % (1_000 * step) < 1_000 && offset % step === 0 && !tried.has(offset)
    if (isFailing) tried.add(offset)
    return isFailing ? failed : delivered
  }
}

type Bench = {
  pair: Pair
  nowMs: number
  attempts: { offset: number; timestampMs: number }[]
  lane: EventRecord[]
  give(input: Input): void
  settle(): void
}

function openWorld(): Bench {
  const pair = createPair({ topic: 's', partition: 0 }, policy)
  let retryEnd = 0
  const refs: Extract<Effect, { kind: 'append' }>['ref'][] = []
  const world: Bench = {
    pair,
    nowMs: 0,
    attempts: [],
    lane: [],
    give: (input) => {
      for (const effect of step(pair, input, world.nowMs)) {
        if (effect.kind === 'attempt') world.attempts.push(effect.delivery)
        if (effect.kind !== 'append') continue
        world.lane.push(effect.record)
        refs.push(effect.ref)
      }
    },
    settle: () => {
      const landed = world.lane.splice(0)
      const from = retryEnd
      const records = landed.map((record) => ({
        ...record,
        topic: 'r',
        partition: 0,
        offset: retryEnd++,
        timestampMs: 0,
      }))
      refs.splice(0).forEach((ref, at) => {
        world.give({ kind: 'appended', token: pair.token, ref, offset: from + at })
      })
      if (records.length > 0) world.give({ kind: 'records', of: 'retry', fetchedFrom: from, records })
    },
  }
  world.give({ kind: 'joined', token: 't' })
  const log = { low: 0, high: events }
  const state = {
    committed: { offset: 0, ...nothingRemembered },
    startOffset: 0,
    started: true,
    delivered: new Map(),
    log,
    retry: { committed: 0, log },
  }
  world.give({ kind: 'assigned', token: 't', wallMs: 0, ...state })
  world.settle()
  return world
}

function eventAt(offset: number, keys: number | null): StoredRecord {
  const key = keys === null ? null : Buffer.from(`customer-${offset % keys}`)
  return { topic: 's', partition: 0, offset, timestampMs: offset, key, value, headers: { ce_id: 'x', ce_type: 'y' } }
}
