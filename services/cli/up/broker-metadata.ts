import { connect } from 'node:net'

/** What one broker says of the cluster. */
export type ClusterView = {
  /** Brokers that are registered and not fenced. */
  brokers: number
  /** Partitions of all topics whose in-sync replicas are fewer than their replicas. */
  underReplicated: number
}

const metadataKey = 3
const metadataVersion = 1
const answerLimitMs = 1_000

/**
 * Asks one broker over a plain socket: at start-up this is polled many times while the brokers come up, when a real
 * client would spend seconds in its own retries. Rejects when the broker does not answer within a second.
 */
export async function askCluster(port: number, host: string): Promise<ClusterView> {
  const answer = await exchange(port, host, metadataRequest())
  return readMetadata(answer)
}

/** Metadata v1 for all topics: api key, version, correlation id, client id, topics = null. */
function metadataRequest(): Buffer {
  const client = Buffer.from('launcher')
  const request = Buffer.alloc(4 + 10 + client.length + 4)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(metadataKey, 4)
  request.writeInt16BE(metadataVersion, 6)
  request.writeInt32BE(1, 8)
  request.writeInt16BE(client.length, 12)
  client.copy(request, 14)
  request.writeInt32BE(-1, 14 + client.length)
  return request
}

function exchange(port: number, host: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host }, () => socket.write(request))
    let received = Buffer.alloc(0)
    socket.setTimeout(answerLimitMs, () => socket.destroy(new Error('no answer')))
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      socket.destroy()
      resolve(received.subarray(8))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('connection closed')))
  })
}

/** Metadata response v1 (https://kafka.apache.org/protocol#The_Messages_Metadata). */
function readMetadata(answer: Buffer): ClusterView {
  const reader = readerOf(answer)
  const brokers = reader.list(() => {
    reader.int32() // id
    reader.text() // host
    reader.int32() // port
    reader.text() // rack
  }).length
  reader.int32() // controller
  const topics = reader.list(() => {
    reader.int16() // error
    reader.text() // name
    reader.int8() // internal
    return reader.list(() => {
      reader.int16() // error
      reader.int32() // partition
      reader.int32() // leader
      const replicas = reader.list(reader.int32)
      return reader.list(reader.int32).length < replicas.length
    })
  })
  return { brokers, underReplicated: topics.flat().filter(Boolean).length }
}

function readerOf(bytes: Buffer) {
  let at = 0
  const skip = (size: number) => {
    at += size
    return at - size
  }
  const int16 = () => bytes.readInt16BE(skip(2))
  const int32 = () => bytes.readInt32BE(skip(4))
  return {
    int8: () => bytes.readInt8(skip(1)),
    int16,
    int32,
    text: () => skip(Math.max(0, int16())),
    list: <T>(item: () => T): T[] => Array.from({ length: int32() }, item),
  }
}
