import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import { deadLetterOf } from '../../../services/consumer/dead-letter.ts'
import { newDelivery } from '../../../services/consumer/pair/deliveries.ts'
import { queueOf } from '../../../services/consumer/pair/key-queues.ts'
import { appendDeadLetter } from '../../../services/consumer/settle.ts'
import { record } from './pair/pair-under-test.ts'

const lanesThat = (append: (record: EventRecord) => Promise<number>) => ({
  topic: 'dead-letters',
  partitions: 6,
  lanes: {
    partitionForKey: () => 3,
    append: (_topic, _partition, one) => append(one),
  } as Partial<ProduceLanes> as ProduceLanes,
})

const event = record(7, 'customer')
const deadLetter = deadLetterOf({
  subscription: { name: 'billing', uid: 'k3v9q2' },
  stream: { name: 'orders', defaultType: null },
  delivery: {
    ...newDelivery(event, queueOf(new Map(), null)),
    ...{ record: event, attempts: 2, firstAttemptAtMs: 0, lastAttemptAtMs: 1_000 },
  },
  ending: { cause: 'exhausted', code: 'status-500', detail: 'target answered 500' },
  nowMs: 2_000,
})

test('a dead letter is the event and why it ended, keyed by subscription and source', () => {
  assert.equal(deadLetter.key?.toString(), 'k3v9q2/s/0/7@0')
  assert.equal(deadLetter.value?.toString(), 'v')
  assert.deepEqual(deadLetter.headers, {
    own: 'header',
    tailrace_key: 'customer',
    tailrace_kind: 'dead-letter',
    tailrace_source: 's/0/7@0',
    tailrace_subscription: 'billing',
    tailrace_cause: 'exhausted',
    tailrace_code: 'status-500',
    tailrace_detail: 'target answered 500',
    tailrace_attempts: '2',
    tailrace_first_attempt: '1970-01-01T00:00:00.000Z',
    tailrace_last_attempt: '1970-01-01T00:00:01.000Z',
  })
})

test('a dead letter that Kafka cannot take now is tried again until it is there', async () => {
  let tries = 0
  const topic = lanesThat(async () => {
    tries += 1
    if (tries === 1) throw new TailraceError('kafka-unavailable', 'not now')
    return 12
  })
  const delays: unknown[] = []
  const watch = { isWanted: () => true, onDelay: (error: unknown) => void delays.push(error) }
  assert.equal(await appendDeadLetter(topic, deadLetter, watch), 12)
  assert.deepEqual([tries, delays.length], [2, 1])
})

test('one that is too large goes by reference', async () => {
  const tried: EventRecord[] = []
  const topic = lanesThat(async (one) => {
    tried.push(one)
    if (one.value !== null) throw new TailraceError('event-too-large', 'more than the topic takes')
    return 0
  })
  await appendDeadLetter(topic, deadLetter, { isWanted: () => true, onDelay: () => {} })
  assert.equal(tried.at(-1)?.value, null)
  assert.equal(tried.at(-1)?.headers.tailrace_source, 's/0/7@0')
})

test('one that is no longer ours is left to the next owner', async () => {
  const topic = lanesThat(() => Promise.reject(new TailraceError('kafka-unavailable', 'not now')))
  let asked = 0
  const isWanted = () => {
    asked += 1
    return asked < 2
  }
  assert.equal(await appendDeadLetter(topic, deadLetter, { isWanted, onDelay: () => {} }), null)
})

test('while it is doubtful whose it is nothing is written; then it is, unless another one has it', async () => {
  let appends = 0
  const topic = lanesThat(async () => {
    appends += 1
    return 5
  })
  const outcomes: (number | null)[] = []
  for (const isOursInTheEnd of [true, false]) {
    let looks = 0
    const isOver = () => looks >= 3
    outcomes.push(
      await appendDeadLetter(topic, deadLetter, {
        isWanted: () => isOursInTheEnd || !isOver(),
        mayWrite() {
          looks += 1
          return isOursInTheEnd && isOver()
        },
        onDelay: () => {},
      }),
    )
  }
  assert.deepEqual([outcomes, appends], [[5, null], 1])
})
