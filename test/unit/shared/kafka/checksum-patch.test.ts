import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { patchFetchResponses } from '#shared/kafka/checksum-patch.ts'
import { cutDamaged, type FetchVersion } from '#shared/kafka/damaged-batches.ts'
import { produceBytes } from '#shared/kafka/produce-bytes.ts'

type Messages = { offset: string; value: Buffer }[]
type Answer = { responses: { topicName: string; partitions: { partition: number; messages: Messages }[] }[] }
type Response = { decode(bytes: Buffer): Promise<Answer> }

const load = createRequire(import.meta.url)
const responses: Record<FetchVersion, Response> = {
  4: load('kafkajs/src/protocol/requests/fetch/v4/response'),
  11: load('kafkajs/src/protocol/requests/fetch/v11/response'),
}
const unchecked = { 4: responses[4].decode, 11: responses[11].decode }
const versions = [4, 11] as const
const topic = 'orders'
/** Where the checksum of a batch stands; all behind it is under it. */
const checksumAt = 17

before(() => assert.equal(patchFetchResponses(), true, 'kafkajs changed its version: check the patch against it'))

/** A batch as it stands in a log, from what a producer sends. */
function batchOf(baseOffset: number, values: readonly string[]): Buffer {
  const messages = values.map((value) => ({ key: null, value: Buffer.from(value), headers: { a: 'b' } }))
  const request = produceBytes(
    { acks: -1, timeout: 1, topicData: [{ topic, partitions: [{ partition: 0, messages }] }] },
    0,
  )
  assert.ok(request !== undefined)
  const batch = Buffer.from(request.subarray(12 + 2 + topic.length + 4 + 8))
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff])
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** The answer to a fetch of partitions 0, 1 … with these bytes each; every one has an aborted transaction. */
function answerOf(version: FetchVersion, partitions: readonly Buffer[]): Buffer {
  const aborted = Buffer.concat([int32(1), Buffer.alloc(16)])
  const heads = { 4: { answer: 4, offsets: 16, behind: 0 }, 11: { answer: 10, offsets: 24, behind: 4 } }[version]
  const parts = partitions.map((records, number) =>
    Buffer.concat([
      ...[int32(number), int16(0), Buffer.alloc(heads.offsets), aborted, Buffer.alloc(heads.behind)],
      ...[int32(records.length), records],
    ]),
  )
  const name = Buffer.concat([int16(topic.length), Buffer.from(topic)])
  return Buffer.concat([Buffer.alloc(heads.answer), int32(1), name, int32(parts.length), ...parts])
}

const valuesOf = (answer: Answer) =>
  answer.responses.flatMap(({ partitions }) =>
    partitions.map(({ messages }) => messages.map(({ value }) => value.toString())),
  )

/** Turns one bit. */
function flipped(bytes: Buffer, at: number, bit = 0): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at)
  return copy
}

for (const version of versions) {
  describe(`a Fetch answer of version ${version}`, () => {
    const [first, second, third] = [batchOf(7, ['one', 'two']), batchOf(9, ['three']), batchOf(10, ['four'])]

    it('is left as it is when every batch is whole, or not all there', async () => {
      const answer = answerOf(version, [Buffer.concat([first, second]), Buffer.alloc(0), third.subarray(0, 40)])
      const before = Buffer.from(answer)
      assert.deepEqual(cutDamaged(answer, version), [])
      assert.deepEqual(answer, before)
      assert.deepEqual(valuesOf(await responses[version].decode(answer)), [['one', 'two', 'three'], [], []])
    })

    it('ends before the first damaged batch of a partition; the other partitions are whole', async () => {
      const damaged = flipped(second, second.length - 8)
      const answer = answerOf(version, [Buffer.concat([first, damaged, third]), third])
      assert.deepEqual(cutDamaged(answer, version), [{ topic, partition: 0, offset: 9 }])
      assert.deepEqual(valuesOf(await unchecked[version](answer)), [['one', 'two'], ['four']])
    })

    it('shows every turned bit behind the checksum, and in it', () => {
      const bytes = fc.integer({ min: checksumAt, max: first.length - 1 })
      fc.assert(
        fc.property(bytes, fc.integer({ min: 0, max: 7 }), (at, bit) => {
          const answer = answerOf(version, [flipped(first, at, bit)])
          assert.deepEqual(cutDamaged(answer, version), [{ topic, partition: 0, offset: 7 }])
        }),
      )
    })
  })
}

describe('kafkajs', () => {
  const damaged = flipped(batchOf(7, ['one']), batchOf(7, ['one']).length - 6)

  it('hands on by itself what is damaged as if it had been published', async () => {
    const [[value] = []] = valuesOf(await unchecked[11](answerOf(11, [damaged])))
    assert.ok(value !== undefined && value !== 'one', value)
  })

  it('hands nothing of it to a consumer, and rejects a plain fetch', async () => {
    assert.deepEqual(valuesOf(await responses[11].decode(answerOf(11, [damaged]))), [[]])
    await assert.rejects(responses[4].decode(answerOf(4, [damaged])), /the batch at orders\/0\/7 is damaged/)
  })
})
