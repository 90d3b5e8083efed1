import { createRequire } from 'node:module'
import { patchable } from './patched-client.ts'
import { type ProduceRequest, produceBytes } from './produce-bytes.ts'

type Encoded = { buf: Buffer; buffer: Buffer }
export type RequestFactory = (request: ProduceRequest) => { encode(): Promise<Encoded> }

/** The version that a producer of kafkajs 2.2.4 and a broker of Kafka 4 agree on. */
const path = 'protocol/requests/produce/v7/request'

/**
 * Lets `produceBytes` encode the produce requests of kafkajs; what it does not know stays as it was.
 * False, and nothing changed, for an unknown version.
 */
export function patchProduceRequest(): boolean {
  const original = patchable<RequestFactory & { [mark]?: true }>(path)
  if (original === null) return false
  // kafkajs asks for the module at every request.
  const load = createRequire(import.meta.url)
  const loaded = load.cache[load.resolve(`kafkajs/src/${path}`)]
  if (loaded !== undefined && original[mark] === undefined) loaded.exports = encodingOnce(original)
  return true
}

const mark = Symbol('encodes in one go')

export function encodingOnce(original: RequestFactory): RequestFactory {
  const factory: RequestFactory = (request) => {
    const made = original(request)
    const encode = async () => {
      const bytes = produceBytes(request, Date.now())
      return bytes === undefined ? await made.encode() : { buf: bytes, buffer: bytes }
    }
    return { ...made, encode }
  }
  return Object.assign(factory, { [mark]: true })
}
