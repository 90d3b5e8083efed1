import { patchable } from './patched-client.ts'
import { type ProduceRequest, produceBytes } from './produce-bytes.ts'

type Encoded = { buf: Buffer; buffer: Buffer }
type Request = { encode(): Promise<Encoded> }
/** What the patch uses of kafkajs/src/protocol/requests/produce. */
type Produce = { protocol(of: { version: number }): (question: ProduceRequest) => { request: Request } }

/** `produceBytes` writes versions 3 to 7, which have the same bytes; a producer of kafkajs agrees on 7 with Kafka 4. */
const firstVersion = 3

/**
 * Lets `produceBytes` encode the produce requests of kafkajs; what it does not know stays as it was.
 * False, and nothing changed, for an unknown version.
 */
export function patchProduceRequest(): boolean {
  const produce = patchable<Produce & { [mark]?: true }>('protocol/requests/produce')
  if (produce === null) return false
  if (produce[mark] === undefined) Object.assign(produce, { protocol: encodingOnce(produce.protocol), [mark]: true })
  return true
}

const mark = Symbol('encodes in one go')

function encodingOnce(protocol: Produce['protocol']): Produce['protocol'] {
  return ({ version }) => {
    const exchangeOf = protocol({ version })
    if (version < firstVersion) return exchangeOf
    return (question) => {
      const exchange = exchangeOf(question)
      return { ...exchange, request: { ...exchange.request, encode: () => encode(question, exchange.request) } }
    }
  }
}

async function encode(question: ProduceRequest, request: Request): Promise<Encoded> {
  const bytes = produceBytes(question, Date.now())
  return bytes === undefined ? await request.encode() : { buf: bytes, buffer: bytes }
}
