import { crc32c } from './crc32c.ts'

/** What kafkajs passes to the encoder of a produce request, as far as it is used here. */
export type ProduceRequest = {
  acks: number
  timeout: number
  transactionalId?: string | null
  producerId?: unknown
  producerEpoch?: number
  compression?: number
  topicData: readonly TopicData[]
}
type TopicData = { topic: string; partitions: readonly PartitionData[] }
type PartitionData = { partition: number; firstSequence?: number; messages: readonly RecordData[] }
type RecordData = { key?: unknown; value?: unknown; headers?: Readonly<Record<string, unknown>>; timestamp?: unknown }

/**
 * A produce request, versions 3 to 7, from transactional_id on: one record batch (magic 2) per partition. Undefined for what
 * the lanes never send: transactions, compression, timestamps of the caller, header values that are not text.
 * Source: kafka.apache.org/protocol and documentation/#recordbatch.
 *
 * Sizes are counted first and everything is written once, into one buffer. kafkajs makes a buffer per header, per record
 * and per level of the request, each filled with zeros and copied into the next.
 */
export function produceBytes(request: ProduceRequest, nowMs: number): Buffer | undefined {
  const { acks, timeout, transactionalId, producerId, producerEpoch = 0, compression = 0, topicData } = request
  if (transactionalId || compression !== 0) return undefined
  const owner: Owner = { producerId: BigInt(String(producerId ?? -1)), producerEpoch, nowMs }
  const sizes = sizesOf(topicData)
  if (sizes === undefined) return undefined
  const out = new Output(sizes)
  out.int16(noTransaction)
  out.int16(acks)
  out.int32(timeout)
  out.int32(topicData.length)
  for (const { topic, partitions } of topicData) {
    out.shortText(topic)
    out.int32(partitions.length)
    for (const partition of partitions) writePartition(out, partition, owner)
  }
  return out.bytes
}

type Owner = { producerId: bigint; producerEpoch: number; nowMs: number }

const noTransaction = -1
const magic = 2
const requestHead = 2 + 2 + 4 + 4
const topicHead = 2 + 4
const partitionHead = 4 + 4
/** Base offset and length, which the length does not count. */
const batchStart = 8 + 4
/** Leader epoch, magic and checksum, which the checksum does not cover. */
const beforeChecked = 4 + 1 + 4
const batchHead = batchStart + beforeChecked + 2 + 4 + 8 + 8 + 8 + 2 + 4 + 4
/** Attributes and a timestamp delta of 0. */
const recordHead = 1 + 1

/** Counted once: per batch its size, per record the size of its body, per header the bytes of its value; in writing order. */
type Sizes = { total: number; list: number[] }

function sizesOf(topicData: readonly TopicData[]): Sizes | undefined {
  const list: number[] = []
  let total = requestHead
  for (const { topic, partitions } of topicData) {
    total += topicHead + Buffer.byteLength(topic)
    for (const { messages } of partitions) {
      const at = list.push(0) - 1
      let size = batchHead
      for (let index = 0; index < messages.length; index += 1) {
        const body = countRecord(messages[index] as RecordData, index, list)
        if (body === undefined) return undefined
        size += varintSize(body) + body
      }
      list[at] = size
      total += partitionHead + size
    }
  }
  return { total, list }
}

function countRecord({ key, value, headers, timestamp }: RecordData, index: number, list: number[]) {
  if (timestamp !== undefined || !isBytes(key) || !isBytes(value)) return undefined
  const at = list.push(0) - 1
  let size = recordHead + varintSize(index) + bytesSize(key) + bytesSize(value)
  let count = 0
  for (const name in headers) {
    const text = headers[name]
    if (typeof text !== 'string') return undefined
    const length = Buffer.byteLength(text)
    list.push(length)
    size += encodedName(name).length + varintSize(length) + length
    count += 1
  }
  size += varintSize(count)
  list[at] = size
  return size
}

const isBytes = (value: unknown): value is Buffer | null | undefined =>
  value === null || value === undefined || Buffer.isBuffer(value)

const bytesSize = (bytes: Buffer | null | undefined) => (bytes ? varintSize(bytes.length) + bytes.length : 1)

/** Bytes of a zigzag varint of a number that is not negative. */
const varintSize = (value: number) => {
  if (value < 0x40) return 1
  if (value < 0x2000) return 2
  if (value < 0x10_0000) return 3
  return value < 0x800_0000 ? 4 : 5
}

function writePartition(out: Output, { partition, firstSequence = 0, messages }: PartitionData, owner: Owner): void {
  const size = out.nextSize()
  out.int32(partition)
  out.int32(size)
  const start = out.at
  out.int64(0n)
  out.int32(size - batchStart)
  out.int32(0)
  out.int8(magic)
  const checksumAt = out.at
  out.int32(0)
  const checkedAt = out.at
  out.int16(0)
  out.int32(messages.length - 1)
  out.int64(BigInt(owner.nowMs))
  out.int64(BigInt(owner.nowMs))
  out.int64(owner.producerId)
  out.int16(owner.producerEpoch)
  out.int32(firstSequence)
  out.int32(messages.length)
  for (let index = 0; index < messages.length; index += 1) writeRecord(out, messages[index] as RecordData, index)
  out.bytes.writeUInt32BE(crc32c(out.bytes, checkedAt, start + size), checksumAt)
}

function writeRecord(out: Output, { key, value, headers }: RecordData, index: number): void {
  out.varint(out.nextSize())
  out.int8(0)
  out.varint(0)
  out.varint(index)
  out.content(key as Buffer | null)
  out.content(value as Buffer | null)
  let count = 0
  for (const _ in headers) count += 1
  out.varint(count)
  for (const name in headers) {
    out.raw(encodedName(name))
    out.text(headers[name] as string)
  }
}

/** Names come again and again; those that publishers invent are not kept beyond a number. */
const names = new Map<string, Buffer>()
const mostNames = 1_000

function encodedName(name: string): Buffer {
  const known = names.get(name)
  if (known !== undefined) return known
  const length = Buffer.byteLength(name)
  const out = new Output({ total: varintSize(length) + length, list: [length] })
  out.text(name)
  if (names.size < mostNames) names.set(name, out.bytes)
  return out.bytes
}

class Output {
  readonly bytes: Buffer
  at = 0
  readonly #sizes: number[]
  #next = 0

  constructor({ total, list }: Sizes) {
    this.bytes = Buffer.allocUnsafe(total)
    this.#sizes = list
  }

  nextSize(): number {
    this.#next += 1
    return this.#sizes[this.#next - 1] as number
  }

  int8(value: number): void {
    this.bytes[this.at] = value
    this.at += 1
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at)
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at)
  }

  int64(value: bigint): void {
    this.at = this.bytes.writeBigInt64BE(value, this.at)
  }

  /** Zigzag, as for a number that is not negative. */
  varint(value: number): void {
    let rest = value * 2
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.int8(rest)
  }

  raw(bytes: Buffer): void {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  content(bytes: Buffer | null | undefined): void {
    if (!bytes) {
      this.int8(nullLength)
      return
    }
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Text whose bytes are the next size. */
  text(text: string): void {
    const length = this.nextSize()
    this.varint(length)
    this.at += this.bytes.write(text, this.at, length, length === text.length ? 'latin1' : 'utf8')
  }

  shortText(text: string): void {
    this.int16(Buffer.byteLength(text))
    this.at += this.bytes.write(text, this.at)
  }
}

/** -1 as a zigzag varint. */
const nullLength = 1
