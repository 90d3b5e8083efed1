import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CloudEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { TailraceError } from '#shared/errors.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import { type ManyForm, recordsFromMany } from '#shared/event/from-many.ts'
import { eventHeaders } from '#shared/event/to-http.ts'
import { defaultLimits } from '#shared/limits.ts'
import { inSlices, type Slices } from '#shared/resilience/slices.ts'

const receivedAtMs = Date.UTC(2026, 10, 21, 10)
const context = { keyId: 'k', keyName: 'shop', instance: 'p-1', defaultType: null, receivedAtMs, limits: defaultLimits }
const contentTypes = { batch: 'application/cloudevents-batch+json', lines: 'application/x-ndjson' }

function read(form: ManyForm, body: Buffer, slices: Slices = inSlices()): Promise<MappedEvent[]> {
  const headers = { 'content-type': contentTypes[form] }
  return recordsFromMany(
    { headers, rawHeaders: Object.entries(headers).flat(), query: {}, body, form },
    context,
    slices,
  )
}

const attribute = fc.string({ unit: fc.constantFrom(...'abcXYZ09-_./'.split('')), minLength: 1, maxLength: 20 })
const cloudEvents = fc.array(
  fc
    .record(
      {
        ...{ id: attribute, source: attribute.map((path) => `/${path}`), type: attribute, subject: attribute },
        ...{ partitionkey: attribute, sequence: fc.integer({ min: -2147483648, max: 2147483647 }), flag: fc.boolean() },
        data: fc.dictionary(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: ['id', 'source', 'type', 'data'] },
    )
    .map(
      (fields) => new CloudEvent({ ...fields, datacontenttype: 'application/json', time: '2026-11-21T10:00:00.000Z' }),
    ),
  { minLength: 1, maxLength: 8 },
)

/** What an event says, with attributes as texts: the SDK keeps numbers and booleans. */
function saying(event: unknown): Record<string, unknown> {
  const members = Object.entries(JSON.parse(JSON.stringify(event)) as object) as [string, unknown][]
  return Object.fromEntries(members.map(([name, value]) => [name, name === 'data' ? value : String(value)]))
}

/** What the SDK reads from the request that a receiver of this record gets. */
function received({ record }: MappedEvent): Record<string, unknown> {
  const stored = { topic: 't', partition: 0, offset: 0, timestampMs: receivedAtMs, ...record }
  const headers = eventHeaders(describeEvent(stored, { name: 'orders', defaultType: null }))
  return saying(HTTP.toEvent({ headers, body: record.value?.toString() }))
}

test('a batch holds for us the events that the CloudEvents SDK reads from it', async () => {
  const property = fc.asyncProperty(cloudEvents, fc.nat({ max: 3 }), async (events, indent) => {
    const body = JSON.stringify(events, null, indent)
    const theirs = HTTP.toEvent({ headers: { 'content-type': contentTypes.batch }, body }) as unknown[]
    const ours = await read('batch', Buffer.from(body))
    assert.deepEqual(ours.map(received), theirs.map(saying))
    assert.deepEqual(
      ours.map(({ record }) => record.key?.toString()),
      events.map(({ partitionkey }) => partitionkey),
    )
  })
  await fc.assert(property, { numRuns: 200 })
})

test('lines of structured events hold the events that the SDK reads from each line', async () => {
  const property = fc.asyncProperty(cloudEvents, async (events) => {
    const texts = events.map((event) => String(HTTP.structured(event).body))
    const ours = await read('lines', Buffer.from(texts.join('\n')))
    const headers = { 'content-type': 'application/cloudevents+json' }
    assert.deepEqual(
      ours.map(received),
      texts.map((body) => saying(HTTP.toEvent({ headers, body }))),
    )
    assert.deepEqual(
      ours.map(({ record }) => record.value?.toString()),
      texts,
    )
  })
  await fc.assert(property, { numRuns: 200 })
})

/** Slices of two readings of the clock each; counts them and the longest run of steps within one. */
function countingSlices(): { slices: Slices; turns(): number } {
  let [time, turns] = [0, 0]
  const now = () => {
    time += 2.5
    return time
  }
  const turn = async () => {
    turns += 1
  }
  return { slices: inSlices({ now, turn }), turns: () => turns }
}

const event = (id: number, data = '') =>
  JSON.stringify({ specversion: '1.0', id: `${id}`, source: '/x', type: 't', data })
const eventsOf = (count: number, data?: string) => Array.from({ length: count }, (_, index) => event(index, data))

test('the clock is looked at after each event: a full batch is as many steps as it has events', async () => {
  const { slices, turns } = countingSlices()
  assert.equal((await read('batch', Buffer.from(`[${eventsOf(1_000)}]`), slices)).length, 1_000)
  assert.ok(turns() >= 300, `${turns()} turns`)
})

test('so are 8 MiB of lines', async () => {
  const { slices, turns } = countingSlices()
  const body = Buffer.from(eventsOf(9_000, 'x'.repeat(860)).join('\n'))
  assert.ok(body.length > 8_000_000)
  assert.equal((await read('lines', body, slices)).length, 9_000)
  assert.ok(turns() >= 2_700, `${turns()} turns`)
})

test('white space between events is skipped in steps, and a faulty body is read in steps too', async () => {
  const spaces = countingSlices()
  const wide = Buffer.concat([Buffer.from('['), Buffer.alloc(8_000_000, ' '), Buffer.from(`${event(1)}]`)])
  assert.equal((await read('batch', wide, spaces.slices)).length, 1)
  assert.ok(spaces.turns() >= 30, `${spaces.turns()} turns`)
  const faults = countingSlices()
  await assert.rejects(read('lines', Buffer.from('{\n'.repeat(10_000)), faults.slices))
  assert.ok(faults.turns() >= 3_000, `${faults.turns()} turns`)
})

test('an element without end is given up at the limit of an event, not at the end of the body', async () => {
  const { slices, turns } = countingSlices()
  const body = Buffer.concat([Buffer.from('[{"data":"'), Buffer.alloc(30_000_000, 'x'), Buffer.from('"}]')])
  const isTooLarge = (error: TailraceError) => error instanceof TailraceError && error.code === 'event-too-large'
  await assert.rejects(read('batch', body, slices), isTooLarge)
  assert.ok(turns() < 3, `${turns()} turns`)
})

test('the largest event fits, one byte more does not, wherever it stands', async () => {
  const limit = defaultLimits.TAILRACE_LIMIT_EVENT_BYTES
  const bare = event(1).length
  const largest = event(1, 'x'.repeat(limit - bare))
  assert.equal(largest.length, limit)
  for (const [form, wrap] of [
    ['batch', (text: string) => `[${text}]`],
    ['batch', (text: string) => `[${text} , ${event(2)}]`],
    ['lines', (text: string) => text],
    ['lines', (text: string) => `${event(2)}\n${text}\r\n`],
  ] as const) {
    const events = await read(form, Buffer.from(wrap(largest)))
    assert.ok(events.some(({ record }) => record.value?.length === limit))
    await assert.rejects(read(form, Buffer.from(wrap(largest.replace('xx', 'xxx')))), /event-too-large/)
  }
})
