import assert from 'node:assert/strict'
import { test } from 'node:test'
import { becauseOf, compileFilter, type FilterDefinition, type FilterVerdict } from '#shared/event/filter/filter.ts'
import type { RecordHeaders, StoredRecord } from '#shared/event/record.ts'

const stream = { name: 'orders', defaultType: 'order.plain' }
const binary = {
  ...{ ce_specversion: '1.0', ce_id: '1', ce_source: '/shop', ce_type: 'order.created', ce_region: 'eu' },
  'content-type': 'application/json',
}
const structured = { 'content-type': 'application/cloudevents+json' }

function recordOf(data: unknown, headers: RecordHeaders = binary): StoredRecord {
  const value = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data))
  return { topic: 't', partition: 0, offset: 7, timestampMs: 0, key: null, value, headers }
}

function filterOf(definition: Partial<FilterDefinition>) {
  const compiled = compileFilter({ types: null, cel: null, ...definition })
  if (compiled.kind === 'usable' && compiled.filter !== null) return compiled.filter
  throw new Error(JSON.stringify(compiled))
}

const verdictOf = (cel: string, record: StoredRecord): FilterVerdict => filterOf({ cel }).verdict(record, stream)

const order = { total: 150, n: 3, items: [{ p: 1 }, { p: 2 }], s: 'abc', none: null, tags: ['a', 'b'] }

const expressions: [string, FilterVerdict['kind']][] = [
  ['event.type == "order.created"', 'match'],
  ['event.region == "eu" && event.source.startsWith("/s")', 'match'],
  ['event.data.total > 100', 'match'],
  ['event.data.total > 200', 'false'],
  ['event.data.n == 3', 'match'],
  ['int(event.data.n) % 2 == 1', 'match'],
  ['event.data.n % 2 == 1', 'error'],
  ['event.data.items.exists(i, i.p == 2)', 'match'],
  ['event.data.items.all(i, i.p > 1)', 'false'],
  ['event.data.items.filter(i, i.p > 1).size() == 1', 'match'],
  ['event.data.items.map(i, i.p) == [1.0, 2.0]', 'match'],
  ['has(event.data.total) && !has(event.data.absent)', 'match'],
  ['has(event.absent)', 'false'],
  ['event.data.absent == 1', 'error'],
  ['event.data.absent == 1 || event.data.total > 100', 'match'],
  ['event.data.none == null', 'match'],
  ['"b" in event.data.tags && event.data.s in ["abc", "d"]', 'match'],
  ['event.data.s.matches("^a.c$")', 'match'],
  ['event.data.s.matches("(?i)ABC")', 'match'],
  ['event.data.s.contains("b") && event.data.s.endsWith("c")', 'match'],
  ['event.data.s', 'error'],
  ['event.data.total ? true : false', 'error'],
  ['event.data == event.data', 'match'],
  ['type(event.data.s) == string && size(event.data.items) == 2', 'match'],
  ['timestamp("2026-01-01T00:00:00Z").getMonth() == 0', 'match'],
]

test('an expression is true, false, or an error that is no match', () => {
  for (const [cel, kind] of expressions) assert.equal(verdictOf(cel, recordOf(order)).kind, kind, cel)
})

test('types and expression must both match, and the data are not read for a type that does not', () => {
  const filter = filterOf({ types: ['order.*'], cel: 'event.data.total > 100' })
  assert.equal(filter.verdict(recordOf(order), stream).kind, 'match')
  assert.equal(filter.verdict(recordOf({ total: 1 }), stream).kind, 'false')
  const other = recordOf('no JSON', { ...binary, ce_type: 'invoice.paid' })
  assert.deepEqual(filter.verdict(other, stream), { kind: 'type', type: 'invoice.paid' })
  assert.equal(verdictOf('event.type == "a" && event.data.total > 1', recordOf('no JSON')).kind, 'false')
})

test('every form of an event is seen alike: binary, structured with and without our headers, plain', () => {
  const envelope = { specversion: '1.0', id: '1', source: '/s', type: 'order.created', data: order }
  const cel = 'event.data.total > 100 && event.type.startsWith("order.") && event.specversion == "1.0"'
  for (const record of [
    recordOf(order),
    recordOf(envelope, structured),
    recordOf(envelope, { ...binary, ...structured }),
    recordOf(order, { 'content-type': 'application/json' }),
  ]) {
    assert.equal(verdictOf(cel, record).kind, 'match', JSON.stringify(record.headers))
  }
  const plain = recordOf('Hello', {})
  assert.equal(filterOf({ types: ['order.plain'] }).verdict(plain, stream).kind, 'match')
  assert.equal(verdictOf('event.source == "/streams/orders" && !has(event.data)', plain).kind, 'match')
})

test('data that are not JSON are absent, and broken ones an error', () => {
  const text = recordOf('{"total":1}', { ...binary, 'content-type': 'text/plain' })
  assert.equal(verdictOf('has(event.data)', text).kind, 'false')
  const base64 = { specversion: '1.0', id: '1', source: '/s', type: 'a', data_base64: 'AAAA' }
  assert.equal(verdictOf('has(event.data)', recordOf(base64, structured)).kind, 'false')
  assert.deepEqual(verdictOf('event.data.total == 1', recordOf('{"total":')), {
    ...{ kind: 'error', code: 'data_invalid', at: '' },
  })
})

test('an event whose attributes cannot be read passes, for its delivery to find out', () => {
  for (const record of [recordOf('[]', structured), recordOf(order, { ce_id: '1' })]) {
    assert.equal(filterOf({ types: ['a'], cel: 'false' }).verdict(record, stream).kind, 'match')
  }
})

test('member names of the prototype are names like any other, and the prototype stays as it is', () => {
  const data = '{"constructor":"Ferrari","a":{"constructor":"b","__proto__":{"x":1}},"__proto__":{"polluted":true}}'
  const cel = 'event.data.constructor == "Ferrari" && event.data.a.constructor == "b" && !has(event.data.polluted)'
  assert.equal(verdictOf(cel, recordOf(data)).kind, 'match')
  assert.equal(verdictOf(cel, recordOf(data.replace('"constructor"', '"\\u0063onstructor"'))).kind, 'match')
  const attribute = { ...binary, ce_constructor: 'x' }
  assert.equal(verdictOf('event.constructor == "x" && event.data.n == 3', recordOf(order, attribute)).kind, 'match')
  assert.equal(verdictOf('has(event.toString) || "valueOf" in event.data', recordOf(order)).kind, 'false')
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

const refused: [string, RegExp][] = [
  ['event.data.', /^at character 12: Expected IDENTIFIER/],
  ['evnt.type == "a"', /^at character 1: Unknown variable: evnt/],
  ['event.type ==\n  event.data.a && foo', /^at line 2, character 19: Unknown variable: foo/],
  ['event.type + 1', /^at character 1: /],
  ['event.type.size()', /of type int, not bool/],
  ['size(event.data.a)', /of type int, not bool/],
  ['cel.bind(x, event.data.s, x == "a")', /\.bind\(\) is not available/],
  ['event.data.s.split(",").size() > 1', /\.split\(\) is not available/],
  ['event.data.s.tailraceMatches("a")', /not available/],
  ['bytes(event.data.s).size() > 1', /bytes\(\) is not available/],
  ['event.data.s.contains(event.data.t)', /contains\(\) takes a text in quotes/],
  [`event.data.s.contains("${'a'.repeat(257)}")`, /has 257 characters, at most 256/],
  ['event.data.s.matches(event.data.t)', /matches\(\) takes a text in quotes/],
  ['event.data.s.matches("a(?=b)")', /^at character 22: the pattern of matches\(\) cannot be used/],
  ['event.data.s.matches("(a{1,1000}){1,9}")', /the pattern of matches\(\) cannot be used/],
  ['duration(event.data.d) > duration("1s")', /duration\(\) takes a text in quotes/],
  ['timestamp(event.time).getHours("Europe/Berlin") == 1', /takes no time zone/],
  [`${'('.repeat(300)}true${')'.repeat(300)}`, /maxDepth/],
  [`${'!'.repeat(8_000)}true`, /./],
  [`${'-'.repeat(8_000)}1 == 1`, /./],
  [`[${'1,'.repeat(1_500)}1] == []`, /maxListElements/],
  ['', /./],
]

test('an expression that cannot work or could run long is refused with its place and a fix', () => {
  for (const [cel, detail] of refused) {
    const compiled = compileFilter({ types: null, cel })
    const [fault] = compiled.kind === 'unusable' ? compiled.faults : []
    assert.match(fault?.detail ?? '', detail, cel.slice(0, 60))
    assert.equal(fault?.pointer, '/cel')
    assert.notEqual(fault?.fix, undefined)
  }
})

const list = (length: number) => Array.from({ length }, (_, p) => ({ p }))
const long = 'a'.repeat(400_000)

/** What the text alone does not bound: each is stopped after the same amount of work, whatever the data are. */
const expensive: [string, unknown][] = [
  ['event.data.all(a, event.data.all(b, a.p + b.p >= 0.0))', list(4_000)],
  [`[0].all(a, ${'[1,2,3,4,5,6,7,8,9,0].all(a, '.repeat(6)}true${')'.repeat(7)}`, {}],
  ['event.data.a.exists(i, i.zz == 1)', { a: list(4_000) }],
  [Array.from({ length: 400 }, (_, index) => `event.data.a${index} == 1`).join(' || '), {}],
  [Array.from({ length: 40 }, () => 'size(event.data.s) == 1').join(' || '), { s: long }],
  [`size(${Array.from({ length: 300 }, () => 'event.data.s').join('+')}) > 0`, { s: long }],
  [`size(${Array.from({ length: 300 }, () => 'event.data').join('+')}) > 0`, list(2_000)],
  ['event.data.b in event.data.l.map(x, event.data.c)', { b: list(1_500), c: list(1_500), l: list(400) }],
  [
    'event.data.l.all(x, size(event.data.m) > 0)',
    { m: Object.fromEntries(Array(2_000).fill(1).entries()), l: list(1_000) },
  ],
  ['event.data.s.matches("^(a+)+$")', { s: `${long}b` }],
  ['event.data.l.all(x, !event.data.s.matches("a*b"))', { s: 'a'.repeat(1_000), l: list(1_000) }],
]

test('work is bounded: an evaluation that is too long is an error', () => {
  for (const [cel, data] of expensive) {
    const verdict = verdictOf(cel, recordOf(data))
    assert.deepEqual(verdict, { kind: 'error', code: 'too_much_work', at: '' }, cel.slice(0, 60))
  }
  const nested = { a: JSON.parse(`${'['.repeat(9)}1${']'.repeat(9)}`) }
  assert.equal(verdictOf('event.data.a == event.data.a', recordOf(nested)).kind, 'error')
  assert.equal(verdictOf('event.data.a[0][0][0][0][0][0][0][0][0] == 1', recordOf(nested)).kind, 'match')
  const many = recordOf(`[${'0,'.repeat(200_000)}0]`)
  assert.deepEqual(verdictOf('event.data[0] == 0', many), { kind: 'error', code: 'data_too_large', at: '' })
})

test('an ordinary expression over large data is no trouble, and one event spends nothing of the next', () => {
  const filter = filterOf({ cel: 'event.data.items.exists(i, i.p == 2999) && event.data.text.contains("needle")' })
  const record = recordOf({ items: list(3_000), text: `${'x'.repeat(60_000)}needle` })
  for (let round = 0; round < 5; round += 1) assert.equal(filter.verdict(record, stream).kind, 'match')
})

test('the explanation says what was not met', () => {
  const definition = { types: ['invoice.*', 'credit.**'], cel: 'event.data.total > 100' }
  const filter = filterOf(definition)
  const because = (record: StoredRecord) => becauseOf(definition, filter.verdict(record, stream))
  const invoice = { ...binary, ce_type: 'invoice.paid' }
  assert.equal(because(recordOf(order)), 'type order.created is not in invoice.*, credit.**')
  assert.equal(because(recordOf({ total: 1 }, invoice)), 'event.data.total > 100 is false')
  const failed = 'event.data.total > 100 cannot be evaluated: no such key at total'
  assert.equal(because(recordOf({}, invoice)), failed)
  assert.equal(because(recordOf(order, invoice)), null)
})

test('no explanation of an error repeats what the event holds', () => {
  for (const cel of ['bool(event.data.s)', 'event.data.s > 5', 'event.data[event.data.s] == 1', '!event.data.s']) {
    const verdict = verdictOf(cel, recordOf({ s: 'secret' }))
    assert.doesNotMatch(becauseOf({ types: null, cel }, verdict) ?? '', /secret/, cel)
    assert.equal(verdict.kind, 'error', cel)
  }
})

test('without types and expression there is no filter', () => {
  assert.deepEqual(compileFilter({ types: null, cel: null }), { kind: 'usable', filter: null })
})
