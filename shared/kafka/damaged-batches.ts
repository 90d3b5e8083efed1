import { crc32c } from './crc32c.ts'

/** A record batch whose checksum is not that of its bytes; `offset` is that of its first record. */
export type DamagedBatch = { topic: string; partition: number; offset: number }

/** Of a record batch (magic 2): where its length, magic and checksum stand, what the checksum is of, and its least size. */
const lengthAt = 8
const magicAt = 16
const checksumAt = 17
const checkedAt = 21
const headBytes = 61

/** Bytes in front of the topics of an answer, and of a partition before its list of aborted transactions and behind it. */
const layouts = {
  4: { head: 4, partition: 22, behind: 0 },
  11: { head: 10, partition: 30, behind: 4 },
} as const

export type FetchVersion = keyof typeof layouts

/**
 * Finds the first damaged batch of each partition of a Fetch answer, and makes it look like the beginning of a batch that
 * is not all there: every reader passes over such an end of an answer and asks for it again. Damage of a length is not
 * found here: the broker could not even have sent what follows.
 */
export function cutDamaged(answer: Buffer, version: FetchVersion): DamagedBatch[] {
  const { head, partition: partitionBytes, behind } = layouts[version]
  const found: DamagedBatch[] = []
  let at: number = head
  const int32 = () => {
    at += 4
    return answer.readInt32BE(at - 4)
  }
  for (let topics = int32(); topics > 0; topics -= 1) {
    const nameBytes = answer.readInt16BE(at)
    const topic = answer.toString('utf8', at + 2, at + 2 + nameBytes)
    at += 2 + nameBytes
    for (let partitions = int32(); partitions > 0; partitions -= 1) {
      const partition = answer.readInt32BE(at)
      at += partitionBytes
      const aborted = Math.max(0, int32())
      at += aborted * 16 + behind
      const size = Math.max(0, int32())
      const end = at + size
      const offset = cutAtDamage(answer, at, Math.min(end, answer.length))
      if (offset !== undefined) found.push({ topic, partition, offset })
      at = end
    }
  }
  return found
}

function cutAtDamage(answer: Buffer, start: number, end: number): number | undefined {
  for (let at = start; end - at >= headBytes && answer[at + magicAt] === 2; ) {
    const next = at + lengthAt + 4 + answer.readInt32BE(at + lengthAt)
    if (next > end) return undefined
    if (next < at + headBytes || crc32c(answer, at + checkedAt, next) !== answer.readUInt32BE(at + checksumAt)) {
      answer.writeInt32BE(0x7fffffff, at + lengthAt)
      return Number(answer.readBigInt64BE(at))
    }
    at = next
  }
  return undefined
}
