import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { murmur2, partitionForKey } from '#shared/kafka/partitioner.ts'

// org.apache.kafka.common.utils.UtilsTest.testMurmur2
const javaHashes: Record<string, number> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
}

for (const [key, hash] of Object.entries(javaHashes)) {
  test(`hashes ${key} as the Java client does`, () => assert.equal(murmur2(Buffer.from(key)), hash))
}

test('gives every key the partition that the default partitioner of kafkajs gives it', () => {
  const theirs = kafkajs.Partitioners.DefaultPartitioner()
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 50 }), (key, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        ...{ partitionId, partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] },
      }))
      const expected = theirs({ topic: 't', partitionMetadata, message: { key, value: null } })
      assert.equal(partitionForKey(key, partitions), expected)
    }),
  )
})
