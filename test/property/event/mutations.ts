import fc from 'fast-check'

/** A publish as the mapping sees it: a content type, attributes in headers, a body. */
export type AnyRequest = { headers: Record<string, string>; body: Buffer }

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    '1.0',
    '/x',
    't',
    '2026-11-21T10:02:11.380Z',
    'ünï',
    '\ud83d\ude00',
    '%ff',
    'a\u0000b',
    'application/json',
  ),
)
const member = fc.constantFrom(
  ...[
    'specversion',
    'id',
    'source',
    'type',
    'time',
    'subject',
    'dataschema',
    'datacontenttype',
    'partitionkey',
    'traceparent',
  ],
  ...['data', 'data_base64', 'ext1', 'Ext', '__proto__', 'constructor', 'specversion', 'id'],
)
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }))
const base = { specversion: '1.0', id: '1', source: '/x', type: 't' }

/** An envelope that is mostly good: some members replaced, some added, now and then one missing or standing twice. */
const wildEnvelope = fc
  .tuple(fc.array(fc.tuple(member, value), { maxLength: 5 }), fc.nat({ max: 20 }), fc.nat({ max: 2 }))
  .map(([members, drop, indent]) => {
    const names = Object.keys(base).filter((_, index) => index !== drop)
    const good = names.map((name) => [name, Reflect.get(base, name)] as const)
    const gap = ' '.repeat(indent)
    return `{${[...good, ...members].map(([name, given]) => `${gap}${JSON.stringify(name)}${gap}:${JSON.stringify(given)}`).join(',')}}`
  })

/** Batches are refused as a whole, so most of their events must be good for some batches to be. */
const goodEnvelope = fc
  .tuple(fc.nat({ max: 5 }), fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('data', 'Größe'))
  .map(([id, data, subject]) => JSON.stringify({ ...base, id: `${id}`, subject, data }))
const envelope = fc.oneof({ weight: 5, arbitrary: goodEnvelope }, { weight: 1, arbitrary: wildEnvelope })

const bodies = {
  'application/cloudevents+json': envelope,
  'application/cloudevents-batch+json': fc
    .tuple(fc.array(envelope, { maxLength: 5 }), fc.constantFrom('', ' ', '\n\t'))
    .map(([events, space]) => `${space}[${events.join(`${space},`)}${space}]`),
  'application/x-ndjson': fc
    .tuple(
      fc.array(fc.oneof(envelope, fc.json({ maxDepth: 3 })), { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\n\n'),
    )
    .map(([lines, end]) => lines.join(end)),
  'application/json': fc.json({ maxDepth: 4 }),
  'application/octet-stream': fc.string(),
}

/** Some bytes of a text replaced, put in or cut out; mostly the text as it is. */
function damaged(body: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.constantFrom(...pieces))
  const damage = fc.tuple(fc.nat(), bytes, fc.nat({ max: 6 }))
  return fc.tuple(body, fc.oneof(fc.constant([]), fc.array(damage, { maxLength: 2 }))).map(([text, damages]) =>
    damages.reduce((before, [at, patch, cut]) => {
      const place = at % (before.length + 1)
      return Buffer.concat([before.subarray(0, place), patch, before.subarray(place + cut)])
    }, Buffer.from(text)),
  )
}

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  '\\',
  '\\u0000',
  '\n',
  '\r',
  '1e',
  '[[[[[[',
  'null',
  '\ufeff',
  '"id":"2",',
].map((piece) => new Uint8Array(Buffer.from(piece)))

const header = fc.constantFrom(
  'ce-id',
  'ce-source',
  'ce-type',
  'ce-specversion',
  'ce-time',
  'ce-x',
  'ce-',
  'traceparent',
)
const headers = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.constant({ 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/x', 'ce-type': 't' }),
  fc.dictionary(header, text, { maxKeys: 6 }),
)

/** Requests of every form, most of them wrong in some way. */
export const anyRequest: fc.Arbitrary<AnyRequest> = fc
  .constantFrom(...(Object.keys(bodies) as (keyof typeof bodies)[]))
  .chain((type) =>
    fc
      .tuple(headers, damaged(bodies[type]))
      .map(([more, body]) => ({ headers: { ...more, 'content-type': type }, body })),
  )
