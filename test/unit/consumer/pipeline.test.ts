import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { decide } from '#shared/delivery/decide.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { newDelivery } from '../../../services/consumer/pair/deliveries.ts'
import type { LoadedDelivery } from '../../../services/consumer/pair/effects.ts'
import { queueOf } from '../../../services/consumer/pair/key-queues.ts'
import { deliver } from '../../../services/consumer/pipeline.ts'
import type { Attempted, Target } from '../../../services/consumer/target.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }

const answered = (status: number): Attempted => {
  const result = { kind: 'answer', status, headers: {}, body: Buffer.alloc(0), truncated: false, timingsMs } as const
  return { result, decision: decide(result, 0) }
}

/** Its request was not written: it is doubtful whose delivery it is. */
const heldBack = null

const record: StoredRecord = {
  ...{ topic: 't', partition: 0, offset: 7, timestampMs: 0, key: Buffer.from('k'), value: Buffer.from('{}') },
  headers: {},
}

const delivery: LoadedDelivery = { ...newDelivery(record, queueOf(new Map(), null)), record }

type Course = {
  /** What each attempt comes to, in turn. */
  attempts: readonly (Attempted | null)[]
  /** The runner is asked to stop while this many attempts have ended. */
  stopsAfter?: number
}

/** Delivers one event to a target whose attempts go like that. */
async function run({ attempts, stopsAfter = Number.POSITIVE_INFINITY }: Course) {
  let made = 0
  const failed: number[] = []
  const target = {
    url: 'http://one/',
    breaker: () => 'closed',
    attempt: async () => attempts[made++] ?? null,
  } as unknown as Target
  const { outcome, last, turn } = await deliver(delivery, {
    subscription: () =>
      ({
        name: 'billing',
        uid: 'u',
        signing: { schemes: [] },
        destination: { format: 'as-published' },
      }) as never as Subscription,
    stream: () => ({ name: 'orders', defaultType: null }) as Stream,
    secrets: () => [],
    targets: { pick: () => target, isAnyUp: () => true },
    comparing: null,
    isStopping: () => made >= stopsAfter,
    sendsMore: () => {},
    attemptFailed: (_, { number }) => void failed.push(number),
  })
  return {
    made,
    outcome: outcome.kind,
    counted: outcome.attempts,
    isJudged: last !== null,
    logged: turn.list.length,
    failed,
  }
}

type Row = [string, Course, Awaited<ReturnType<typeof run>>]

const [fails, ends] = [answered(503), answered(200)]

const rows: Row[] = [
  [
    'what is not sent because its owner is in doubt is unproven, and nothing is counted',
    { attempts: [heldBack] },
    { made: 1, outcome: 'unproven', counted: 0, isJudged: false, logged: 0, failed: [] },
  ],
  [
    'a failure whose second request is not sent for that reason is unproven too, and only what was sent is counted',
    { attempts: [fails, heldBack] },
    { made: 2, outcome: 'unproven', counted: 1, isJudged: false, logged: 1, failed: [1] },
  ],
  [
    'so is one whose third request is not sent',
    { attempts: [fails, fails, heldBack] },
    { made: 3, outcome: 'unproven', counted: 2, isJudged: false, logged: 2, failed: [1, 2] },
  ],
  [
    'what failed three times has failed',
    { attempts: [fails, fails, fails] },
    { made: 3, outcome: 'failed', counted: 3, isJudged: true, logged: 3, failed: [1, 2, 3] },
  ],
  [
    'the second request may succeed',
    { attempts: [fails, ends] },
    { made: 2, outcome: 'delivered', counted: 2, isJudged: true, logged: 2, failed: [1] },
  ],
  [
    'who stops sends no second request, and what failed has failed',
    { attempts: [fails, ends], stopsAfter: 1 },
    { made: 1, outcome: 'failed', counted: 1, isJudged: true, logged: 1, failed: [1] },
  ],
]

for (const [name, course, expected] of rows) {
  test(name, async () => assert.deepEqual(await run(course), expected))
}
