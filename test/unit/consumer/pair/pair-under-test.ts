import { decodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { AppendRef, Effect, Half } from '../../../../services/consumer/pair/effects.ts'
import type { Committed, Input, Outcome } from '../../../../services/consumer/pair/inputs.ts'
import { doneRecord, fenceRecord, parkRecord } from '../../../../services/consumer/pair/retry-record.ts'
import type { DroppedRules } from '../../../../services/consumer/pair/rules.ts'
import { createPair, type PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { step } from '../../../../services/consumer/pair/step.ts'

const policy: PairPolicy = {
  ordering: 'key',
  whileBlocked: 'wait',
  retry: { scheduleMs: [1_000, 3_000], giveUpAfterMs: 10_000 },
  inbox: { events: 1_000, bytes: 1_000_000 },
  waiting: { perKey: 1_000, perPair: 1_000, valueBytes: 1_000_000 },
  judge: ({ value }) => (value === null ? 'malformed-record' : 'deliver'),
  eventIdOf: ({ offset }) => `e${offset}`,
}

export type PolicyChanges = Partial<Omit<PairPolicy, 'waiting'>> & { waiting?: Partial<PairPolicy['waiting']> }

export const record = (offset: number, key: string | null = 'k', value: string | null = 'v'): StoredRecord => ({
  topic: 's',
  partition: 0,
  offset,
  timestampMs: 0,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: { own: 'header' },
})

const times = { attempts: 1, firstAttemptAtMs: 0, lastAttemptAtMs: 0 }
const failure = { code: 'status-500', detail: '', eventId: 'e', cause: 'exhausted' }
const outcomes = {
  delivered: { kind: 'delivered', ...times },
  failed: { kind: 'failed', ...failure, ...times },
  refused: { kind: 'refused', ...failure, cause: 'refused', ...times },
  unproven: { kind: 'unproven', ...times },
  'not-sent': { kind: 'unproven', attempts: 0, firstAttemptAtMs: 5, lastAttemptAtMs: 5 },
  waits: { kind: 'target-waits', waitMs: 500, own: true, ...failure, ...times },
  'all-wait': { kind: 'target-waits', waitMs: 500, own: false, ...failure, ...times },
} satisfies Record<string, Outcome>

/** What another owner wrote into the retry partition before, or writes late. */
export const foreign = {
  park: (event: StoredRecord, clockAtMs: number | null = null) =>
    parkRecord(event, { owner: 'other', cause: 'status-500', clockAtMs, attempts: 3, firstAttemptAtMs: 0 }),
  done: ({ key, ...source }: StoredRecord) => doneRecord({ key, source, owner: 'other', ending: 'delivered' }),
  fence: () => fenceRecord('other'),
}

/** A commit as its loader hands it over, with the metadata that stood in it. */
export const commitAt = (offset: number, metadata = ''): Committed => ({ offset, ...decodeMetadata(metadata, offset) })

type Appended = Extract<Effect, { kind: 'append' }>
type Assigned = Extract<Input, { kind: 'assigned' }>

/** A pair with short words for its inputs, and a retry log that its appends land in. `at` is the time of what follows. */
export function pairUnderTest(changes: PolicyChanges = {}, dropped: DroppedRules = {}) {
  const whole = { ...policy, ...changes, waiting: { ...policy.waiting, ...changes.waiting } }
  const pair = createPair({ topic: 's', partition: 0 }, whole, dropped)
  const retry: StoredRecord[] = []
  const lane: Appended[] = []
  let handedOver = 0
  let nowMs = 0

  const apply = (input: Input): readonly Effect[] => {
    const effects = step(pair, input, nowMs)
    for (const effect of effects) {
      if (effect.kind === 'append') lane.push(effect)
      if (effect.kind === 'drop-appends') lane.length = 0
      if (effect.kind === 'seek' && effect.of === 'retry') handedOver = effect.offset
    }
    return effects
  }
  const put = (...records: Pick<StoredRecord, 'key' | 'value' | 'headers'>[]): void => {
    for (const one of records) {
      retry.push({ ...one, topic: 'r', partition: 0, offset: retry.length, timestampMs: nowMs })
    }
  }
  const readRetry = (): readonly Effect[] => {
    const fetchedFrom = handedOver
    handedOver = retry.length
    return apply({ kind: 'records', of: 'retry', fetchedFrom, records: retry.slice(fetchedFrom) })
  }
  /** Appends land in order; their acknowledgements come back, the records are not read yet. */
  const land = (): readonly Effect[] =>
    lane.splice(0).flatMap(({ token, ref, record: landed }) => {
      put(landed)
      return apply({ kind: 'appended', token, ref, offset: retry.length - 1 })
    })
  const settle = (): readonly Effect[] => [...land(), ...readRetry()]
  const acknowledgeDeadLetter = (offset: number) => {
    const ref: AppendRef = { kind: 'dead-letter', offset, timestampMs: 0 }
    return apply({ kind: 'appended', token: pair.token, ref, offset: 0 })
  }
  const assign = (state: Partial<Assigned> = {}) =>
    apply({
      kind: 'assigned',
      token: pair.nextToken,
      wallMs: nowMs,
      committed: commitAt(0),
      startOffset: 0,
      started: true,
      delivered: new Map(),
      log: { low: 0, high: 1_000 },
      retry: { committed: 0, log: { low: 0, high: retry.length } },
      ...state,
    })
  return {
    pair,
    retry,
    lane,
    apply,
    put,
    land,
    readRetry,
    settle,
    assign,
    acknowledgeDeadLetter,
    at: (ms: number) => {
      nowMs = ms
      return apply({ kind: 'tick' })
    },
    join: (token = 'own') => apply({ kind: 'joined', token }),
    /** Joins, loads, and reads what the retry log holds: the pair runs. */
    start: (state: Partial<Assigned> = {}) => {
      apply({ kind: 'joined', token: 'own' })
      return [...assign(state), ...settle()]
    },
    read: (...records: StoredRecord[]) =>
      apply({ kind: 'records', of: 'stream', fetchedFrom: pair.table.window.next, records }),
    /** Offsets that are attempted now. */
    offer: (slots = 100, ofRetry = slots) => attempts(apply({ kind: 'offer', slots, ofRetry })),
    probe: () => attempts(apply({ kind: 'probe' })),
    answer: (offset: number, outcome: keyof typeof outcomes, token = pair.token) =>
      apply({ kind: 'answered', token, offset, timestampMs: 0, outcome: outcomes[outcome] }),
    commit: () => apply({ kind: 'commit-due', forced: false }).find((effect) => effect.kind === 'commit'),
    state: (offset: number) => pair.table.deliveries.get(offset)?.state,
  }
}

/** What of `effects` is appended, as `kind offset`. */
export const appends = (effects: readonly { kind: string; ref?: AppendRef }[]): string[] =>
  effects.flatMap(({ kind, ref }) => {
    if (ref === undefined || !kind.startsWith('append')) return []
    return [ref.kind === 'fence' ? 'fence' : `${ref.kind} ${ref.offset}`]
  })

export const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind)

export const flowOf = (effects: readonly Effect[], half: Half): string[] =>
  effects.flatMap((effect) => ('of' in effect && effect.of === half ? [effect.kind] : []))

const attempts = (effects: readonly Effect[]): number[] =>
  effects.flatMap((effect) => (effect.kind === 'attempt' ? [effect.delivery.offset] : []))
