import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { DedupRequest } from '../../../../services/producer/deduplication.ts'
import { eventIdOf } from '../../../../services/producer/idempotency/identity.ts'
import { isRecognisable, marksOf } from '../../../../services/producer/idempotency/marks.ts'

const event = (id: string, body = id, hasOwnId = true): MappedEvent => ({
  ...{ id, source: '/shop', hasOwnId, webhookId: `evt_${id}` },
  record: { key: null, value: Buffer.from(body), headers: {} },
})
const request = (events: MappedEvent[], more: Partial<DedupRequest> = {}): DedupRequest => ({
  ...{ keyId: 'key', stream: 'orders', key: null, events, topic: 'orders', partitions: events.map(() => 0) },
  body: Buffer.concat(events.map(({ record }) => record.value ?? Buffer.alloc(0))),
  ...more,
})
const namesOf = async (whole: DedupRequest) => (await marksOf(whole)).map(({ mark }) => mark.name)
const digestsOf = async (whole: DedupRequest) => (await marksOf(whole)).map(({ mark }) => mark.digest)

test('an event without key and without an id of its own is not recognised', async () => {
  const madeHere = event('made here', '1', false)
  assert.equal(isRecognisable(request([madeHere])), false)
  assert.equal(isRecognisable(request([madeHere], { key: 'k' })), true)
  const mixed = request([madeHere, event('a1')])
  assert.equal(isRecognisable(mixed), true)
  assert.deepEqual(
    (await marksOf(mixed)).map(({ index }) => index),
    [1],
  )
})

test('bad-input 64: API keys and streams are independent of each other', async () => {
  const same = [event('a1')]
  const names = await Promise.all([
    namesOf(request(same)),
    namesOf(request(same, { keyId: 'other' })),
    namesOf(request(same, { stream: 'others' })),
    namesOf(request(same, { key: 'a1' })),
    namesOf(request(same, { keyId: 'other', key: 'a1' })),
  ])
  assert.equal(new Set(names.flat()).size, 5)
  assert.deepEqual(await namesOf(request(same)), names[0])
})

test('names cannot be mixed up by moving a character from one part to the next', async () => {
  const names = await Promise.all([
    namesOf(request([{ ...event('b'), source: '/a' }])),
    namesOf(request([{ ...event(''), source: '/ab' }])),
    namesOf(request([event('x')], { keyId: 'ke', stream: 'yorders' })),
    namesOf(request([event('x')])),
  ])
  assert.equal(new Set(names.flat()).size, 4)
})

test('the batch items of a request are recognised one by one, by source and id', async () => {
  const [one, two] = await namesOf(request([event('a1'), event('a2')]))
  assert.deepEqual(await namesOf(request([event('a2')])), [two])
  assert.deepEqual(await namesOf(request([event('a1')])), [one])
})

test('under an Idempotency-Key the place names an event, and its content is the whole request', async () => {
  const batch = request([event('a1'), event('a2')], { key: 'k' })
  const changed = request([event('a1'), event('a2', 'changed')], { key: 'k' })
  const shorter = request([event('a1')], { key: 'k' })
  assert.deepEqual(await namesOf(changed), await namesOf(batch))
  const [first, second] = await digestsOf(batch)
  assert.equal(first, second)
  assert.ok(!(await digestsOf(changed)).includes(first ?? ''))
  assert.ok(!(await digestsOf(shorter)).includes(first ?? ''))
})

test('a large request has the same marks as a small one', async () => {
  const events = Array.from({ length: 2_500 }, (_, index) => event(`a${index}`))
  const names = await namesOf(request(events))
  assert.equal(names.length, 2_500)
  assert.equal(new Set(names).size, 2_500)
  assert.deepEqual(await namesOf(request([event('a2499')])), [names[2_499]])
  const large = Buffer.alloc(3 * 1024 * 1024, 'x')
  const [apart] = await digestsOf(request([event('a1')], { key: 'k', body: large }))
  const [alone] = await digestsOf(request([event('a1', large.toString())]))
  assert.equal(apart, alone)
})

test('the id that a key implies is a UUID, the same each time, another for each place, key and scope', () => {
  const scope = { keyId: 'key', stream: 'orders' }
  const id = eventIdOf(scope, 'k', 0)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(eventIdOf(scope, 'k', 0), id)
  const others = [eventIdOf(scope, 'k', 1), eventIdOf(scope, 'K', 0), eventIdOf({ ...scope, stream: 'o' }, 'k', 0)]
  assert.equal(new Set([id, ...others]).size, 4)
})
