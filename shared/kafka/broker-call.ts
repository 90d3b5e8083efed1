import { connect, type Socket } from 'node:net'
import { FieldReader, FieldWriter } from './wire-format.ts'

/** One request: api key and version of the protocol and its encoded fields. */
export type BrokerRequest = { apiKey: number; apiVersion: number; body: Buffer }

/** Asks one question and waits for its answer; one at a time. */
export type Ask = (request: BrokerRequest) => Promise<FieldReader>

const clientName = 'tailrace'
const timeoutMs = 1_000
const lengthBytes = 4

/**
 * Opens a plain connection to `host:port` for the length of `use`. For the few questions that must be answered at once,
 * also while kafkajs is stuck or not started. Rejects when the broker is silent for 1 s.
 */
export async function onBroker<T>(address: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const at = address.lastIndexOf(':')
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) })
  socket.setNoDelay(true).setTimeout(timeoutMs, () => socket.destroy(new Error(`${address} does not answer`)))
  const answers = answersOf(socket)
  let correlationId = 0
  try {
    return await use(async (request) => {
      correlationId += 1
      socket.write(encode(request, correlationId))
      const { value, done } = await answers.next()
      if (done) throw new Error(`${address} closed the connection`)
      return answerOf(value, correlationId)
    })
  } finally {
    socket.destroy()
  }
}

function encode({ apiKey, apiVersion, body }: BrokerRequest, correlationId: number): Buffer {
  const header = new FieldWriter().int16(apiKey).int16(apiVersion).int32(correlationId).string(clientName).toBuffer()
  const length = new FieldWriter().int32(header.length + body.length).toBuffer()
  return Buffer.concat([length, header, body])
}

function answerOf(frame: Buffer, correlationId: number): FieldReader {
  const reader = new FieldReader(frame)
  const answered = reader.int32()
  if (answered !== correlationId) throw new Error(`answer ${answered} to question ${correlationId}`)
  return reader
}

/** The length-prefixed frames of a socket. */
async function* answersOf(socket: Socket): AsyncGenerator<Buffer, void> {
  let waiting = Buffer.alloc(0)
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= lengthBytes && waiting.length >= lengthBytes + waiting.readInt32BE(0)) {
      const end = lengthBytes + waiting.readInt32BE(0)
      yield waiting.subarray(lengthBytes, end)
      waiting = waiting.subarray(end)
    }
  }
}
