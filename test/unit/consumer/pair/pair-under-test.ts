import type { StoredRecord } from '#shared/event/record.ts'
import type { Effect } from '../../../../services/consumer/pair/effects.ts'
import type { Input, Outcome } from '../../../../services/consumer/pair/inputs.ts'
import { createPair, type PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { step } from '../../../../services/consumer/pair/step.ts'

const policy: PairPolicy = {
  ordering: 'key',
  retry: { scheduleMs: [1_000, 3_000], giveUpAfterMs: 10_000 },
  inbox: { events: 1_000, bytes: 1_000_000 },
  judge: ({ value }) => (value === null ? 'malformed-record' : 'deliver'),
}

export const record = (offset: number, key: string | null = 'k', value: string | null = 'v'): StoredRecord => ({
  topic: 's',
  partition: 0,
  offset,
  timestampMs: 0,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: {},
})

/** A pair with short words for its inputs. `at` is the time of everything that follows. */
export function pairUnderTest(changes: Partial<PairPolicy> = {}) {
  const pair = createPair(0, { ...policy, ...changes })
  let nowMs = 0
  const apply = (input: Input) => step(pair, input, nowMs)
  const times = { attempts: 1, firstAttemptAtMs: 0, lastAttemptAtMs: 0 }
  const failure = { code: 'status-500', detail: '', eventId: 'e', cause: 'exhausted' }
  const outcomes = {
    delivered: { kind: 'delivered', ...times },
    failed: { kind: 'failed', ...failure, ...times },
    refused: { kind: 'refused', ...failure, cause: 'refused', ...times },
    unproven: { kind: 'unproven', ...times },
    waits: { kind: 'target-waits', waitMs: 500, own: true, ...failure, ...times },
  } satisfies Record<string, Outcome>
  return {
    pair,
    apply,
    at: (ms: number) => {
      nowMs = ms
    },
    assign: (changes: Partial<Extract<Input, { kind: 'assigned' }>> = {}) =>
      apply({
        kind: 'assigned',
        token: 'own',
        committed: { offset: 0, metadata: '' },
        startOffset: 0,
        started: true,
        log: { low: 0, high: 1_000 },
        ...changes,
      }),
    read: (...records: StoredRecord[]) => apply({ kind: 'records', records }),
    /** Offsets that are attempted now. */
    offer: (slots = 100) => attempts(apply({ kind: 'offer', slots, probe: false })),
    probe: () => attempts(apply({ kind: 'offer', slots: 1, probe: true })),
    answer: (offset: number, outcome: keyof typeof outcomes, token = 'own') =>
      apply({ kind: 'answered', token, offset, outcome: outcomes[outcome] }),
    commit: () => apply({ kind: 'commit-due', forced: false }).find((effect) => effect.kind === 'commit'),
  }
}

const attempts = (effects: readonly Effect[]): number[] =>
  effects.flatMap((effect) => (effect.kind === 'attempt' ? [effect.delivery.offset] : []))
