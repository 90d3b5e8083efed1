import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { createLookBack } from '../../../../services/producer/idempotency/look-back.ts'
import { begunBy, tokenOf } from '../../../../services/producer/idempotency/token.ts'

const event = (id: string, body = id): MappedEvent => ({
  ...{ id, source: '/shop', webhookId: `evt_${id}`, hasOwnId: true },
  record: { key: null, value: Buffer.from(body), headers: {} },
})
const stored = (offset: number, id: string, { keyId = 'key', body = id, source = '/shop' } = {}): StoredRecord => ({
  ...{ topic: 'orders', partition: 3, offset, timestampMs: 0, key: null, value: Buffer.from(body) },
  headers: { ce_id: id, ce_source: source, tailrace_key_id: keyId },
})
const wanted = (...events: MappedEvent[]) => ({
  ...{ topic: 'orders', partition: 3, sinceMs: 100_000, keyId: 'key', events },
})
const logOf = (...records: StoredRecord[]): KafkaAdmin['lookBack'] => {
  return async (_where, visit) => records.some(visit)
}

test('an event is found by source, id, API key and bytes; its first place counts', async () => {
  const log = logOf(
    stored(1, 'a1', { keyId: 'other' }),
    stored(2, 'a1', { body: 'other' }),
    stored(3, 'a1', { source: '/other' }),
    stored(4, 'a2'),
    stored(5, 'a1'),
    stored(6, 'a1'),
  )
  const [a1, a2, a3] = [event('a1'), event('a2'), event('a3')]
  const found = await createLookBack({ admin: { lookBack: log } }).find(wanted(a1, a2, a3))
  assert.deepEqual([found.get(a1), found.get(a2), found.get(a3)], [5, 4, undefined])
})

test('it reads no further than to the last one that is wanted, and from a little before the time', async () => {
  const visited: number[] = []
  const since: number[] = []
  const lookBack: KafkaAdmin['lookBack'] = async ({ sinceMs }, visit) => {
    since.push(sinceMs)
    return [stored(1, 'x'), stored(2, 'a1'), stored(3, 'y')].some((record) => {
      visited.push(record.offset)
      return visit(record)
    })
  }
  await createLookBack({ admin: { lookBack } }).find(wanted(event('a1')))
  assert.deepEqual([visited, since], [[1, 2], [95_000]])
})

test('a log that cannot be read has nothing, and what was found before that counts', async () => {
  const a1 = event('a1')
  const lookBack: KafkaAdmin['lookBack'] = async (_where, visit) => {
    visit(stored(7, 'a1'))
    throw new Error('the leader is gone')
  }
  const find = await createLookBack({ admin: { lookBack } }).find(wanted(a1, event('a2')))
  assert.deepEqual([...find], [[a1, 7]])
})

test('nobody waits longer than the limit, and who waited in vain is not searched for afterwards', async () => {
  const gate = Promise.withResolvers<boolean>()
  let searches = 0
  const lookBack = () => {
    searches += 1
    return gate.promise
  }
  const { find } = createLookBack({ admin: { lookBack }, limitMs: 20 })
  const all = await Promise.all([find(wanted(event('a1'))), find(wanted(event('a2')))])
  assert.deepEqual(
    all.map(({ size }) => size),
    [0, 0],
  )
  gate.resolve(false)
  assert.equal((await find(wanted(event('a3')))).size, 0)
  assert.equal(searches, 2)
})

test('a token says where and since when; that of another version says nothing', () => {
  assert.deepEqual(begunBy(tokenOf('boot1', { partition: 3, sinceMs: 1_700_000_000_123 })), {
    partition: 3,
    sinceMs: 1_700_000_000_123,
  })
  for (const token of ['', 'boot1', 'boot.1', 'boot.x.1']) assert.equal(begunBy(token), undefined)
})
