const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const rotation = 24

/**
 * The partition of a key: what the default partitioner of the Java client, librdkafka's `murmur2` and kafkajs give, so
 * that events of one key meet in one partition whoever writes them.
 */
export function partitionForKey(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** 32-bit MurmurHash2, signed; source: org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(data: Buffer): number {
  const words = data.length >> 2
  let hash = seed ^ data.length
  for (let word = 0; word < words; word += 1) {
    hash = Math.imul(hash, multiplier) ^ mixed(data.readInt32LE(word * 4))
  }
  const rest = data.subarray(words * 4)
  if (rest.length > 0) hash = Math.imul(hash ^ rest.readUIntLE(0, rest.length), multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

function mixed(word: number): number {
  const product = Math.imul(word, multiplier)
  return Math.imul(product ^ (product >>> rotation), multiplier)
}
