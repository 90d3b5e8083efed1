import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { forwardedRecord, isLoop } from '#shared/delivery/forwarded-record.ts'
import { createKafkaSender } from '#shared/delivery/kafka-sender.ts'
import { type ErrorCode, TailraceError } from '#shared/errors.ts'
import type { EventRecord, RecordHeaders } from '#shared/event/record.ts'
import type { TopicDescription } from '#shared/kafka/admin.ts'

const ours = { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't', 'content-type': 'application/json' }

const requestOf = (headers: RecordHeaders = ours, more: Partial<AttemptRequest> = {}): AttemptRequest => ({
  url: 'kafka:copy',
  record: {
    topic: 't',
    partition: 3,
    offset: 1042,
    timestampMs: 0,
    key: Buffer.from('k'),
    value: Buffer.from('{}'),
    headers,
  },
  stream: { name: 'orders', defaultType: null },
  subscription: { name: 'mirror', uid: 'own' },
  webhookId: 'evt_1',
  signing: { schemes: [], secrets: [] },
  number: 1,
  firstAttemptAtMs: 0,
  key: 'k',
  replay: null,
  ...more,
})

test('a record goes on as it is, with where it comes from and through whom', () => {
  const { key, value, headers } = forwardedRecord(requestOf({ ...ours, traceparent: 'x', tailrace_via: 'first' }))
  assert.deepEqual([key?.toString(), value?.toString()], ['k', '{}'])
  const added = { tailrace_via: 'first,own', tailrace_from: 'orders-3-1042' }
  assert.deepEqual(headers, { ...ours, traceparent: 'x', ...added })
})

test('a plain record gets the attributes a receiver would get, so its id stays what it is', () => {
  const { headers } = forwardedRecord(requestOf({}))
  assert.deepEqual([headers.ce_id, headers.ce_source], ['orders-3-1042', '/streams/orders'])
})

test('the data alone have their own content type', () => {
  const structured = { ...ours, 'content-type': 'application/cloudevents+json', ce_datacontenttype: 'text/xml' }
  const xml = { body: Buffer.from('<a/>'), contentType: 'text/xml' }
  const { value, headers } = forwardedRecord(requestOf(structured, { payload: xml }))
  assert.deepEqual(
    [value?.toString(), headers['content-type'], headers.ce_datacontenttype],
    ['<a/>', 'text/xml', undefined],
  )
  const nothing = forwardedRecord(requestOf(structured, { payload: { body: Buffer.alloc(0), contentType: null } }))
  assert.equal('content-type' in nothing.headers, false)
})

test('an event that comes round is seen by its header, and so is one that has no end of stations', () => {
  assert.equal(isLoop(requestOf()), false)
  assert.equal(isLoop(requestOf({ ...ours, tailrace_via: 'owner,other' })), false)
  assert.equal(isLoop(requestOf({ ...ours, tailrace_via: 'other,own' })), true)
  assert.equal(isLoop(requestOf({ ...ours, tailrace_via: Array(16).fill('x').join(',') })), true)
})

type Setting = {
  partitions?: number | null
  unsafe?: string[]
  append?: () => Promise<number>
  /** The topic is not described before. */
  look?: Promise<void>
  timeoutMs?: number
}

function senderUnderTest({
  partitions = 4,
  unsafe = [],
  append = async () => 7,
  look,
  timeoutMs = 1_000,
}: Setting = {}) {
  const appended: { partition: number; record: EventRecord }[] = []
  const setting = { partitions, unsafe, looks: 0 }
  const sender = createKafkaSender({
    topic: 'copy',
    timeoutMs,
    lanes: {
      partitionForKey: (key, count) => key.length % count,
      append(_topic, partition, record) {
        appended.push({ partition, record })
        return append()
      },
    },
    admin: {
      async describeTopic() {
        setting.looks += 1
        await look
        return setting.partitions === null ? undefined : ({ partitions: Array(setting.partitions) } as TopicDescription)
      },
      unsafeTopicReasons: async () => setting.unsafe,
    },
  })
  return { sender, appended, setting }
}

test('delivered means acknowledged; a key has its partition, an event without one always the same', async () => {
  const { sender, appended, setting } = senderUnderTest()
  const stored = await sender.attempt(requestOf())
  assert.deepEqual([stored.kind, stored.evidence, stored.detail], ['delivered', 'up', 'stored as copy/1/7'])
  const keyless = requestOf(ours, { record: { ...requestOf().record, key: null } })
  await sender.attempt(keyless)
  await sender.attempt(keyless)
  assert.deepEqual(
    appended.map(({ partition }) => partition),
    [1, 1, 1].map((one, index) => (index === 0 ? one : (3 + 1042) % 4)),
  )
  assert.equal(setting.looks, 1, 'the topic is looked at once a minute')
})

test('a topic that is gone or unsafe speaks against the target, and is looked at again for each attempt', async () => {
  const { sender, appended, setting } = senderUnderTest({ partitions: null })
  const gone = await sender.attempt(requestOf())
  assert.deepEqual([gone.kind, gone.evidence, gone.code], ['retry', 'connection', 'topic-unknown'])
  Object.assign(setting, { partitions: 2, unsafe: ['its replication factor is 1, not 3'] })
  const unsafe = await sender.attempt(requestOf())
  assert.deepEqual([unsafe.kind, unsafe.evidence, unsafe.code], ['retry', 'connection', 'topic-unsafe'])
  assert.equal(appended.length, 0)
  setting.unsafe = []
  assert.equal((await sender.attempt(requestOf())).kind, 'delivered')
})

const endings: [ErrorCode, string, string, string | null][] = [
  ['kafka-unavailable', 'retry', 'connection', null],
  ['stream-unknown', 'retry', 'connection', null],
  ['overloaded', 'target-waits', 'none', null],
  ['stopping', 'retry', 'none', null],
  ['outcome-unknown', 'retry', 'connection', null],
  ['event-too-large', 'dead-letter', 'up', 'too-large'],
  ['event-invalid', 'dead-letter', 'up', 'refused'],
]

test('each refusal of a lane leads to what an HTTP target would lead to', async () => {
  for (const [code, kind, evidence, cause] of endings) {
    const { sender } = senderUnderTest({ append: () => Promise.reject(new TailraceError(code, 'no')) })
    const decided = await sender.attempt(requestOf())
    assert.deepEqual([decided.kind, decided.evidence, decided.cause], [kind, evidence, cause], code)
  }
})

test('an append whose end is not known because this instance stops says nothing of its topic', async () => {
  const unknown = new TailraceError('outcome-unknown', 'no', { cause: new TailraceError('stopping', 'no') })
  const { sender } = senderUnderTest({ append: () => Promise.reject(unknown) })
  const { kind, evidence, code } = await sender.attempt(requestOf())
  assert.deepEqual([kind, evidence, code], ['retry', 'none', 'aborted'])
})

test('an attempt ends in time although Kafka does not answer', async () => {
  const { sender } = senderUnderTest({ append: () => new Promise(() => {}), timeoutMs: 20 })
  const late = await sender.attempt(requestOf())
  assert.deepEqual([late.kind, late.evidence, late.code], ['retry', 'connection', 'kafka-timeout'])
})

test('right before the append it is asked whether that may start; if not, nothing is appended and nothing is proven', async () => {
  const { sender, appended, setting } = senderUnderTest()
  const asked: number[] = []
  const mayStart = () => asked.push(setting.looks) < 0
  const { kind, evidence, code } = await sender.attempt(requestOf(), { mayStart })
  assert.deepEqual([kind, evidence, code], ['retry', 'none', 'aborted'])
  assert.deepEqual([asked, appended.length], [[1], 0], 'asked after the look at the topic')
})

test('an attempt that ended while its topic was looked at appends nothing any more', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { sender, appended, setting } = senderUnderTest({ timeoutMs: 20, look: promise })
  assert.equal((await sender.attempt(requestOf())).code, 'kafka-timeout')
  resolve()
  assert.equal((await sender.attempt(requestOf())).kind, 'delivered')
  assert.deepEqual([appended.length, setting.looks], [1, 1])
})

test('a circle is a dead letter and is not appended', async () => {
  const { sender, appended } = senderUnderTest()
  const { kind, code, cause } = await sender.attempt(requestOf({ ...ours, tailrace_via: 'own' }))
  assert.deepEqual([kind, code, cause, appended.length], ['dead-letter', 'loop', 'target-refused', 0])
})
