import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { adminFor, lanesFor, textRecord, topicFor } from './fixture.ts'

/** A record has it twice: in its value and in its id. */
const large = 'x'.repeat(100_000)

test('looking back shows the records since a time to the end, in order, however many fetches that takes', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 2 })
  const lanes = lanesFor(t, 'partition')
  const texts = Array.from({ length: 20 }, (_, index) => `${index} ${large}`)
  await Promise.all(texts.map((text) => lanes.append(topic, 1, textRecord(text))))
  // By offset: a broker that is silent for a second costs a try, and the next one shows its records again.
  const seen = new Map<number, StoredRecord>()
  const collect = (record: StoredRecord) => seen.set(record.offset, record).size < 0
  assert.equal(await admin.lookBack({ topic, partition: 1, sinceMs: 0 }, collect), false)
  assert.deepEqual(
    [...seen].map(([offset, { value }]) => [offset, value?.toString()]),
    texts.map((text, offset) => [offset, text]),
  )
  assert.equal(await admin.lookBack({ topic, partition: 1, sinceMs: 0 }, ({ offset }) => offset === 7), true)
  const after = (seen.get(texts.length - 1)?.timestampMs ?? 0) + 1
  await lanes.append(topic, 1, textRecord('later'))
  const later = new Set<string | undefined>()
  const note = ({ value }: StoredRecord) => later.add(value?.toString()).size < 0
  assert.equal(await admin.lookBack({ topic, partition: 1, sinceMs: after }, note), false)
  assert.deepEqual([...later], ['later'])
  assert.equal(await admin.lookBack({ topic, partition: 0, sinceMs: 0 }, () => true), false)
})

test('looking back gives up instead of reading without an end, and at a partition that is not there', async (t) => {
  const admin = await adminFor(t)
  const topic = await topicFor(t, admin, { partitions: 1 })
  const lanes = lanesFor(t, 'partition')
  await Promise.all(Array.from({ length: 100 }, () => lanes.append(topic, 0, textRecord(large))))
  await assert.rejects(admin.lookBack({ topic, partition: 0, sinceMs: 0 }, () => false))
  await assert.rejects(admin.lookBack({ topic, partition: 9, sinceMs: 0 }, () => false))
})
