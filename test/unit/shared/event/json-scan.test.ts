import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonScan, scanJson } from '#shared/event/json-scan.ts'

const generous = { depth: 1_000, members: 1_000_000 }
const scan = (text: string, limits = generous): JsonScan => scanJson(Buffer.from(text), limits)

function jsonParseTakes(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}

const agrees = (bytes: Buffer) => assert.equal(scanJson(bytes, generous).ok, jsonParseTakes(bytes), bytes.toString())

/** Texts near the edge of the grammar: pieces of JSON in any order. */
const piece = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '"a"',
    '"\\u00e9"',
    '"\\ud800"',
    '\\',
    '\\x',
    '1',
    '-',
    '-0',
    '01',
    '1.',
    '.5',
  ],
  ...[
    '1e5',
    '1E+',
    '1e400',
    'true',
    'false',
    'null',
    'nul',
    'NaN',
    "'a'",
    '//',
    ' ',
    '\n',
    '\t',
    '\u00a0',
    '\ufeff',
    'é',
  ],
)
const nearlyJson = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

/** A valid text with a few bytes replaced, inserted or cut. */
const damagedJson = fc
  .tuple(fc.json({ maxDepth: 5 }), fc.nat(), fc.uint8Array({ maxLength: 3 }), fc.nat({ max: 3 }))
  .map(([text, at, patch, cut]) => {
    const bytes = Buffer.from(text)
    const place = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, place), patch, bytes.subarray(place + cut)])
  })

test('takes and refuses exactly what JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => agrees(Buffer.from(text))),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(nearlyJson, (text) => agrees(Buffer.from(text))),
    { numRuns: 20_000 },
  )
  fc.assert(fc.property(damagedJson, agrees), { numRuns: 5_000 })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => agrees(Buffer.from(bytes))),
    { numRuns: 5_000 },
  )
})

test('gives the bytes of every top-level member, whatever white space stands around them', () => {
  const spaced = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat({ max: 4 }))
  fc.assert(
    fc.property(spaced, ([value, indent]) => {
      const bytes = Buffer.from(` \n${JSON.stringify(value, null, indent)}\t`)
      const result = scanJson(bytes, generous)
      assert.ok(result.ok)
      const members = result.members.map(({ nameFrom, nameTo, from, to }) => [
        JSON.parse(bytes.toString('utf8', nameFrom - 1, nameTo + 1)) as string,
        JSON.parse(bytes.toString('utf8', from, to)) as unknown,
      ])
      assert.deepEqual(members, Object.entries(JSON.parse(bytes.toString()) as object))
      assert.equal(bytes.toString('utf8', result.from, result.to), JSON.stringify(value, null, indent))
    }),
  )
})

const faults: [string, string, number, string][] = [
  ['a trailing comma in an object', '{"a":1,}', 7, 'json-invalid'],
  ['a trailing comma in an array', '[1,]', 3, 'json-invalid'],
  ['NaN', '{"a":NaN}', 5, 'json-invalid'],
  ['a comment', '{/* */"a":1}', 1, 'json-invalid'],
  ['single quotes', "{'a':1}", 1, 'json-invalid'],
  ['a truncated text', '{"a":[1', 7, 'json-invalid'],
  ['a truncated string', '"abc', 4, 'json-invalid'],
  ['a bad escape', '"a\\x"', 2, 'json-invalid'],
  ['a control character', '"a\u0001"', 2, 'json-invalid'],
  ['a leading zero', '01', 1, 'json-invalid'],
  ['two values', '1 2', 2, 'json-invalid'],
  ['nothing', '', 0, 'json-invalid'],
  ['white space only', ' \n ', 3, 'json-invalid'],
  ['a byte order mark', '\ufeff{}', 0, 'json-invalid'],
]
for (const [what, text, at, code] of faults) {
  test(`names the byte at fault: ${what}`, () => {
    const result = scan(text)
    assert.ok(!result.ok)
    assert.deepEqual([result.fault.code, result.fault.at], [code, at])
    assert.ok(result.fault.detail.endsWith(`at byte ${at}`))
  })
}

test('finds the first byte that is not UTF-8, wherever it stands', () => {
  const bad = fc.constantFrom([0xff], [0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98])
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), bad, fc.string({ unit: 'grapheme' }), (before, bytes, after) => {
      const start = Buffer.from(`"${before.toWellFormed()}`)
      const result = scanJson(Buffer.concat([start, Buffer.from(bytes), Buffer.from(`${after}"`)]), generous)
      assert.ok(!result.ok)
      assert.deepEqual([result.fault.code, result.fault.at], ['not-utf8', start.length])
    }),
  )
})

test('nesting is bounded without recursion', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(scan(nested(64), { depth: 64, members: 100 }).ok)
  for (const depth of [65, 5_000, 500_000]) {
    const result = scan(nested(depth), { depth: 64, members: 100 })
    assert.ok(!result.ok)
    assert.deepEqual([result.fault.code, result.fault.at], ['too-deep', 64])
  }
})

test('members and elements are counted over the whole text', () => {
  const limits = { depth: 64, members: 4 }
  assert.ok(scan('{"a":[1,2],"b":{}}', limits).ok)
  for (const text of ['{"a":[1,2],"b":{"c":1}}', '[1,2,3,4,5]', '{"a":1,"b":1,"c":1,"d":1,"e":1}']) {
    const result = scan(text, limits)
    assert.equal(result.ok ? null : result.fault.code, 'too-many-members')
  }
})

test('a million members are refused as soon as the limit is passed', () => {
  const text = `[${'1,'.repeat(999_999)}1]`
  const result = scan(text, { depth: 64, members: 10_000 })
  assert.ok(!result.ok)
  assert.equal(result.fault.at, 20_001)
})
