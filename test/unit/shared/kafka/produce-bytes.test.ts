import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, mock, test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from '#shared/kafka/crc32c.ts'
import { type ProduceRequest, produceBytes } from '#shared/kafka/produce-bytes.ts'
import { patchProduceRequest } from '#shared/kafka/produce-patch.ts'

const load = createRequire(import.meta.url)
type Encoder = { encode(): Promise<{ buf: Buffer; buffer: Buffer }> }
const original: (request: ProduceRequest) => Encoder = load('kafkajs/src/protocol/requests/produce/v7/request')

beforeEach(() => mock.timers.enable({ apis: ['Date'], now: 1_763_719_810_123 }))
afterEach(() => mock.timers.reset())

const patchedRequest = (version: number, request: ProduceRequest) =>
  load('kafkajs/src/protocol/requests/produce').protocol({ version })(request).request
const bytesOfKafkajs = async (request: ProduceRequest) => (await original(request).encode()).buffer
const ours = (request: ProduceRequest) => produceBytes(request, Date.now())

async function assertSame(request: ProduceRequest) {
  assert.deepEqual(ours(request), await bytesOfKafkajs(request))
}

const defaults = { acks: -1, timeout: 2_500, producerId: '4001', producerEpoch: 3 }
const one = (message: object, count = 1): ProduceRequest => ({
  ...defaults,
  topicData: [{ topic: 't', partitions: [{ partition: 0, messages: Array.from({ length: count }, () => message) }] }],
})

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const message = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 })),
  },
  { requiredKeys: ['key', 'value'] },
)
const partition = fc.record(
  {
    partition: fc.nat(),
    firstSequence: fc.nat(),
    messages: fc.array(message, { minLength: 1, maxLength: 80 }),
  },
  { requiredKeys: ['partition', 'messages'] },
)
const request: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String),
  producerEpoch: fc.nat(32_767),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ unit: 'binary', maxLength: 60 }),
      partitions: fc.array(partition, { maxLength: 4 }),
    }),
    { maxLength: 2 },
  ),
})

test('every request has the very bytes that kafkajs makes of it', async () => {
  await fc.assert(fc.asyncProperty(request, assertSame), { numRuns: 300 })
})

test('lengths that need one byte more, and counts that do', async () => {
  for (const length of [0, 63, 64, 8_191, 8_192, 1_048_575, 1_048_576]) {
    await assertSame(one({ key: null, value: Buffer.alloc(length, 'x') }))
    await assertSame(one({ key: null, value: null, headers: { name: 'x'.repeat(length) } }))
  }
  for (const count of [63, 64, 65, 8_192, 8_193]) await assertSame(one({ key: null, value: Buffer.of(1) }, count))
})

test('what the lanes never send is left to kafkajs', async () => {
  const value = Buffer.of(1)
  const others = [
    one({ key: null, value, timestamp: '1' }),
    one({ key: 'text', value }),
    one({ key: null, value: 'text' }),
    one({ key: null, value, headers: { name: Buffer.of(1) } }),
    one({ key: null, value, headers: { name: ['a', 'b'] } }),
    { ...one({ key: null, value }), transactionalId: 'transaction' },
  ]
  assert.equal(patchProduceRequest(), true, 'kafkajs changed its version: check the patch against it')
  for (const other of others) {
    assert.equal(ours(other), undefined)
    assert.deepEqual((await patchedRequest(7, other).encode()).buffer, await bytesOfKafkajs(other))
  }
  assert.equal(ours({ ...one({ key: null, value }), compression: 1 }), undefined)
})

test('the checksum is CRC-32C', () => {
  // RFC 3720, appendix B.4.
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e)
  assert.equal(crc32c(Buffer.from('..123456789..'), 2, 11), 0xe3069283)
})

test('kafkajs encodes with it once it is patched, in every version that has these bytes, however often', async () => {
  for (const _ of ['once', 'again']) {
    assert.equal(patchProduceRequest(), true, 'kafkajs changed its version: check the patch against it')
    for (const version of [3, 4, 5, 6, 7]) {
      const factory = patchedRequest(version, one({ key: null, value: Buffer.of(1) }))
      const { buf, buffer } = await factory.encode()
      assert.equal(buf, buffer, 'one buffer, filled to its end')
      assert.deepEqual(buffer, await bytesOfKafkajs(one({ key: null, value: Buffer.of(1) })))
      assert.deepEqual([factory.apiVersion, factory.apiName, factory.expectResponse()], [version, 'Produce', true])
    }
  }
})
