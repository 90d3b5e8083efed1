import assert from 'node:assert/strict'
import { test } from 'node:test'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { parseMediaType } from '#shared/event/media-type.ts'
import { decodeHeaderValue, encodeHeaderValue } from '#shared/event/percent.ts'
import { uuid7 } from '#shared/event/random.ts'
import { isRfc3339 } from '#shared/event/time.ts'
import { traceparentOf } from '#shared/event/traceparent.ts'
import { isAbsoluteUri, isUriReference } from '#shared/event/uri.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'

const oracle = (name: 'uri-reference' | 'date-time') => {
  const format = formats.default.get(name)
  if (format instanceof RegExp) return (text: string) => format.test(text)
  const validate = typeof format === 'object' ? format.validate : format
  return (text: string) => (validate as (text: string) => boolean)(text)
}

test('every text survives the way through an HTTP header, which stays printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const encoded = encodeHeaderValue(text)
      assert.match(encoded, /^[\x21\x23-\x7e]*$/)
      assert.equal(decodeHeaderValue(encoded), text)
    }),
  )
})

test('header values are read as the CloudEvents HTTP binding says', () => {
  const cases: [string, string | undefined][] = [
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%e2%82%ac', '€'],
    ['"a \\"quoted\\" b"', 'a "quoted" b'],
    ['100% sure', '100% sure'],
    ['%2525', '%25'],
    ['%ff', undefined],
    ['Gr\u00f6\u00dfe', undefined],
  ]
  for (const [raw, text] of cases) assert.equal(decodeHeaderValue(raw), text, raw)
  assert.equal(encodeHeaderValue('Euro € 😀'), 'Euro%20%E2%82%AC%20%F0%9F%98%80')
})

test('a URI reference is what RFC 3986 says', () => {
  const uriText = fc.array(fc.constantFrom(...'ab1:/?#@!$,;=.-_~%'.split(''), '%20', '//', 'http:'), { maxLength: 10 })
  const agrees = oracle('uri-reference')
  fc.assert(
    fc.property(uriText, (pieces) => {
      const text = pieces.join('')
      // ajv takes a colon in the first segment of a relative path; RFC 3986 §4.2 does not.
      const hasStrayColon = /^[^/?#]*:/.test(text) && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)
      assert.equal(isUriReference(text), agrees(text) && !hasStrayColon, text)
    }),
    { numRuns: 20_000 },
  )
  const good = ['/keys/shop', 'https://[2001:db8::1]:8/x?y#z', 'urn:uuid:1', 'mailto:a@b.c', 'a/b:c', '../x', '?q', '']
  const bad = ['a b', 'http://x/<y>', '%zz', 'a#b#c', '1a:b', '\u00e9', '/x[1]', 'a\nb', '"x"']
  for (const text of good) assert.ok(isUriReference(text), text)
  for (const text of bad) assert.ok(!isUriReference(text), text)
  assert.ok(isAbsoluteUri('https://example.com/s') && !isAbsoluteUri('/s') && !isAbsoluteUri('x:'))
})

test('a time is RFC 3339, with any number of fraction digits', () => {
  for (const text of [
    '2026-11-21T10:02:11.123456789Z',
    '9999-12-31T23:59:59Z',
    '2024-02-29t00:00:00+23:59',
    '1970-01-01T00:00:00z',
  ])
    assert.ok(isRfc3339(text), text)
  for (const text of [
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-11-21',
    '2023-02-29T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:00:00',
    '2026-11-21 10:00:00Z',
    '2026-11-21T10:00:00+0100',
    '2026-11-21T10:00:00.Z',
  ])
    assert.ok(!isRfc3339(text), text)
  const agrees = oracle('date-time')
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), (date) => {
      assert.equal(isRfc3339(date.toISOString()), agrees(date.toISOString()))
    }),
  )
})

test('a valid trace context is kept, any other one replaced', () => {
  const valid = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  assert.equal(traceparentOf(valid), valid)
  assert.equal(traceparentOf(`cc${valid.slice(2)}-later`), `cc${valid.slice(2)}-later`)
  const zeroTrace = `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`
  for (const bad of [
    undefined,
    'rubbish',
    `${valid}-more`,
    `ff${valid.slice(2)}`,
    zeroTrace,
    valid.toUpperCase(),
    `${valid}, ${valid}`,
  ]) {
    assert.match(traceparentOf(bad), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.notEqual(traceparentOf(bad), bad)
  }
})

test('a content type is taken apart, a malformed one refused', () => {
  assert.deepEqual(parseMediaType('Application/JSON; charset="UTF-8"'), {
    essence: 'application/json',
    charset: 'utf-8',
  })
  assert.deepEqual(parseMediaType('text/plain;format=flowed;'), { essence: 'text/plain', charset: null })
  for (const bad of ['json', 'a/', '/b', 'a/b c', 'a/b;x', 'a/b;x=\u00e9', 'a b/c', '', 'a/b, c/d'])
    assert.equal(parseMediaType(bad), null, bad)
})

test('the webhook id is a function of source and id alone', () => {
  assert.equal(webhookIdOf('/shop', '1'), webhookIdOf('/shop', '1'))
  assert.notEqual(webhookIdOf('/shop', '1'), webhookIdOf('/shop1', ''))
  assert.match(webhookIdOf('/shop', '1'), /^evt_[A-Za-z0-9_-]{22}$/)
  // printf '/shop\n1' | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | cut -c1-22
  assert.equal(webhookIdOf('/shop', '1'), 'evt_5WAj5mThytHzzFz5_5BSds')
})

test('ids are UUIDs of version 7 that sort by time', () => {
  const [early, late] = [uuid7(1_700_000_000_000), uuid7(1_700_000_000_001)]
  for (const id of [early, late])
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(early < late)
  assert.equal(new Set(Array.from({ length: 10_000 }, () => uuid7(0))).size, 10_000)
})
