import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { newSigningSecret, sealSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { createView } from '#shared/catalog/view.ts'
import type { StoredRecord } from '#shared/event/record.ts'

const at = '2026-11-21T09:14:03.120Z'
const stream = { name: 's', partitions: 1, topic: 't.s', bound: false, createdAt: at, updatedAt: at }

const record = (offset: number, key: string, value: unknown): StoredRecord => ({
  ...{ topic: 'catalog', partition: 0, offset, timestampMs: 0, headers: {}, key: Buffer.from(key) },
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
})

test('the revision is the offset', () => {
  const view = createView(null)
  assert.deepEqual(view.apply(record(3, 'stream/s', { ...stream, revision: 99 })), { kind: 'applied' })
  assert.equal(view.stream('s')?.revision, 3)
  assert.deepEqual(view.apply(record(7, 'stream/s', stream)), { kind: 'applied' })
  assert.equal(view.stream('s')?.revision, 7)
  assert.deepEqual(view.apply(record(8, 'stream/s', null)), { kind: 'applied' })
  assert.equal(view.stream('s'), undefined)
})

const said = (description: string) => ({ ...stream, description })
const inTurn = (turn: number, given: ReturnType<typeof record>, headers = {}) => ({
  ...given,
  headers: { ...headers, tailrace_turn: String(turn) },
})

test('what is written in a turn that was taken away counts nowhere, whatever its key', () => {
  const view = createView(null)
  view.apply(record(0, 'turn/changes', {}))
  assert.equal(view.apply(inTurn(0, record(1, 'stream/s', said('first')))).kind, 'applied')
  view.apply(record(2, 'turn/changes', {}))
  assert.equal(view.turn(), 2)
  assert.equal(view.apply(inTurn(2, record(3, 'stream/s', said('second')))).kind, 'applied')
  assert.equal(view.apply(inTurn(0, record(4, 'stream/s', said('late')))).kind, 'refused')
  assert.equal(view.apply(inTurn(0, record(5, 'stream/s', null))).kind, 'refused')
  assert.equal(view.apply(inTurn(0, record(6, 'stream/t', { ...stream, name: 't' }))).kind, 'refused')
  assert.deepEqual(
    view.streams().map(({ description, revision }) => ({ description, revision })),
    [{ description: 'second', revision: 3 }],
  )
  assert.equal(view.has('stream/t'), false)
  assert.equal(
    view.apply(record(7, 'state/u1', { uid: 'u1', startedAt: null, reason: null, since: at })).kind,
    'applied',
  )
})

test('a copy of what counts mends a key for those who read the topic when compaction has been there', () => {
  const live = createView(null)
  const written = [
    record(0, 'turn/changes', {}),
    inTurn(0, record(1, 'stream/s', said('counts'))),
    record(2, 'turn/changes', {}),
    inTurn(0, record(3, 'stream/s', said('lost'))),
    inTurn(0, record(4, 'stream/t', { ...stream, name: 't' })),
  ]
  for (const one of written) live.apply(one)
  const copies = live.overwritten().map(([key, { revision, value }], at) => ({
    ...inTurn(
      2,
      { ...record(5 + at, key, null), value },
      value === null ? {} : { tailrace_revision: String(revision) },
    ),
  }))
  for (const copy of copies) live.apply(copy)
  assert.deepEqual(live.overwritten(), [])
  const isLast = ({ key, offset }: StoredRecord) =>
    [...written, ...copies].findLast((one) => String(one.key) === String(key))?.offset === offset
  // Before the copies are compacted, the turn that refused the records may be gone.
  for (const left of [[...written.slice(3), ...copies], [...written, ...copies].filter(isLast)]) {
    const late = createView(null)
    for (const one of left) late.apply(one)
    assert.deepEqual(late.streams(), live.streams())
  }
  assert.deepEqual([live.stream('s')?.revision, live.stream('s')?.description], [1, 'counts'])
})

test('a record of another version that lost its turn does not take the place of a readable one, nor the other way round', () => {
  const view = createView(null)
  view.apply(record(0, 'stream/s', '{"of": "another version"}'))
  view.apply(record(1, 'turn/changes', {}))
  view.apply(inTurn(0, record(2, 'stream/s', said('lost'))))
  assert.deepEqual(
    view.overwritten().map(([key, raw]) => [key, raw.revision, String(raw.value)]),
    [['stream/s', 0, '{"of": "another version"}']],
  )
})

test('members that an older version did not write get their defaults', () => {
  const view = createView(null)
  view.apply(record(0, 'stream/s', stream))
  assert.equal(view.stream('s')?.retentionMs, 604_800_000)
  assert.equal(view.stream('s')?.description, '')
  assert.equal(view.stream('s')?.schema, null)
})

test('a schema of a newer version is kept as it is, so that nothing passes without it', () => {
  const view = createView(null)
  for (const schema of [{ keywordOfTomorrow: null }, true, 'https://acme.example/schema']) {
    view.apply(record(0, 'stream/s', { ...stream, schema }))
    assert.deepEqual(view.stream('s')?.schema, schema)
  }
})

test('hellos and kinds of other versions are passed over', () => {
  const view = createView(null)
  for (const key of ['hello/x', 'tomorrow/1', 'stream', '']) {
    assert.deepEqual(view.apply(record(0, key, stream)), { kind: 'ignored' }, key)
  }
})

test('the position of a subscription is the last one, until it is removed', () => {
  const view = createView(null)
  view.apply(record(0, 'position/u1', { id: 'a', at, offsets: { 0: 5 } }))
  view.apply(record(1, 'position/u1', { id: 'b', at, offsets: { 1: 7 } }))
  assert.equal(view.apply(record(2, 'position/u1', { id: 'c', at, offsets: { 1: -1 } })).kind, 'unreadable')
  assert.deepEqual(view.position('u1'), { id: 'b', at, offsets: { 1: 7 }, revision: 1 })
  view.apply(record(3, 'position/u1', null))
  assert.equal(view.position('u1'), undefined)
})

test('a record that cannot be read is there all the same', () => {
  const view = createView(null)
  assert.equal(view.apply(record(0, 'stream/s', '{"of": "another version"}')).kind, 'unreadable')
  assert.deepEqual([view.has('stream/s'), view.stream('s'), view.has('stream/t')], [true, undefined, false])
  view.apply(record(1, 'stream/s', null))
  assert.equal(view.has('stream/s'), false)
})

test('a list is newest first and follows what is applied', () => {
  const view = createView(null)
  view.apply(record(0, 'stream/a', { ...stream, name: 'a' }))
  view.apply(record(1, 'stream/b', { ...stream, name: 'b', createdAt: '2026-11-22T00:00:00.000Z' }))
  assert.deepEqual(
    view.streams().map(({ name }) => name),
    ['b', 'a'],
  )
  view.apply(record(2, 'stream/b', null))
  assert.deepEqual(
    view.streams().map(({ name }) => name),
    ['a'],
  )
})

test('secrets of another master key, or moved here from another subscription, are unreadable and change nothing', () => {
  const box = createSecretBox(randomBytes(32))
  const secret = newSigningSecret(at)
  const view = createView(box)
  view.apply(record(0, 'secret/u1', { signing: [sealSigningSecret(box, 'u1', secret)] }))
  const foreign = sealSigningSecret(createSecretBox(randomBytes(32)), 'u1', secret)
  for (const [sealed, why] of [
    [foreign, /master key/],
    [sealSigningSecret(box, 'u2', secret), /another place/],
  ] as const) {
    const applied = view.apply(record(1, 'secret/u1', { signing: [sealed] }))
    assert.match(applied.kind === 'unreadable' ? applied.detail : applied.kind, why)
  }
  assert.deepEqual(view.signingSecrets('u1'), [secret])
  assert.deepEqual(view.signingSecrets('u2'), [])
})

test('a process without the master key knows everything but the secrets', () => {
  const box = createSecretBox(randomBytes(32))
  const view = createView(null)
  const sealed = sealSigningSecret(box, 'u1', newSigningSecret(at))
  assert.equal(view.apply(record(0, 'secret/u1', { signing: [sealed] })).kind, 'applied')
  assert.deepEqual(view.signingSecrets('u1'), [])
})
