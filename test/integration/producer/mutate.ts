import type { Random } from '../../property/pair/random.ts'

type Corpus = readonly [Buffer, ...Buffer[]]

/** Good requests in every form that one event can have, as they go over the wire. */
export function corpusOf(credential: string): Corpus {
  const request = (headers: readonly string[], body: string, path = 'orders/events') =>
    Buffer.from(
      [
        `POST /v1/streams/${path} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${credential}`,
        ...headers,
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
  const chunked = (body: string) => {
    const head = request(['Content-Type: application/json', 'Transfer-Encoding: chunked'], '').toString()
    const size = body.length.toString(16)
    return Buffer.from(`${head.replace('Content-Length: 0\r\n', '')}${size}\r\n${body}\r\n0\r\n\r\n`)
  }
  const attributes = { specversion: '1.0', id: 'a1', source: '/shop', type: 'order.created' }
  const ce = Object.entries(attributes).map(([name, value]) => `ce-${name}: ${value}`)
  const envelope = JSON.stringify({ ...attributes, partitionkey: 'k', data: { total: [1, 2.5e3, 'ä', null, true] } })
  const json = 'Content-Type: application/json'
  return [
    request([json], '{"a":[1,{"b":"c"}]}'),
    request([json], '"text"', 'orders/events?key=k&type=t&subject=s'),
    request(['Content-Type: text/plain', 'Connection: close'], 'Hello, World!'),
    request([json, ...ce, 'ce-partitionkey: %E2%82%AC', 'traceparent: 00-1-2-3'], '{"a":1}'),
    request(['Content-Type: application/cloudevents+json; charset=utf-8'], envelope),
    request(['Content-Type: application/cloudevents-batch+json'], `[${envelope},${envelope}]`),
    request(['Content-Type: application/x-ndjson'], `${envelope}\n${envelope}\n`),
    request([json, 'Content-Encoding: gzip'], '\x1f\x8b\b'),
    request([json, 'Expect: 100-continue', 'Idempotency-Key: "i1"'], '1'),
    chunked('{"chunked":true}'),
  ]
}

/** What parsers stumble over. */
const tokens = [
  ...['\r\n', '\r\n\r\n', '\n', '\r', '\0', ' ', ':', ',', '%00', '%2e%2e/', '../', '\ufeff', '\u2028'],
  ...['Content-Length: 0\r\n', 'Content-Length: 99999999999999999999\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Transfer-Encoding: gzip, chunked\r\n', 'Content-Encoding: zstd\r\n', 'Host: y\r\n', 'Upgrade: h2c\r\n'],
  ...['HTTP/1.0', 'HTTP/2.0', 'GET ', 'HEAD ', 'OPTIONS * ', 'CONNECT ', 'POST ', '?key=', '&key=x', 'ce-id: \r\n'],
  ...['{', '}', '[', ']', '"', '\\u0000', '\\ud800', '"__proto__":', '1e999', '-', 'NaN', 'ffffffff\r\n', '0\r\n\r\n'],
].map((text) => Buffer.from(text)) as unknown as Corpus

/** One connection's worth of bytes: noise, or one to three requests with a few faults. */
export function hostileBytes(corpus: Corpus, random: Random): Buffer {
  if (random.happens(0.05)) return noise(random, 1 + random.below(2_000))
  const requests = Array.from({ length: random.happens(0.2) ? 1 + random.below(3) : 1 }, () => random.oneOf(corpus))
  let bytes: Buffer = Buffer.concat(requests)
  // None at all for some: what is good must get through between the bad ones.
  for (let faults = random.below(5); faults > 0; faults -= 1) bytes = mutated(bytes, { corpus, random })
  return bytes
}

/** From the same source as everything else, so that a run can be repeated. */
function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)))
}

type Mutation = (bytes: Buffer, at: number, to: number) => Buffer

function mutated(bytes: Buffer, { corpus, random }: { corpus: Corpus; random: Random }): Buffer {
  const mutations: [Mutation, ...Mutation[]] = [
    (all, at, to) => Buffer.concat([all.subarray(0, at), all.subarray(to)]),
    (all, at, to) => Buffer.concat([all.subarray(0, to), all.subarray(at)]),
    (all, at) => Buffer.concat([all.subarray(0, at), random.oneOf(tokens), all.subarray(at)]),
    (all, at) => Buffer.concat([all.subarray(0, at), noise(random, 1 + random.below(8)), all.subarray(at)]),
    (all, at) => Buffer.concat([all.subarray(0, at), random.oneOf(corpus).subarray(random.below(100))]),
    (all, at) => all.subarray(0, at),
    (all, at) => {
      const copy = Buffer.from(all)
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      return copy
    },
  ]
  const at = random.below(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + random.below(40))
  return random.oneOf(mutations)(bytes, at, to)
}
