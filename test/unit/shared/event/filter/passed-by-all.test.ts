import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passedByAll } from '#shared/event/filter/passed-by-all.ts'

const stream = { name: 's', defaultType: null }
const event = (type: string, id: string) => ({
  ...{ topic: 's', partition: 0, offset: 0, timestampMs: 0, key: null, value: Buffer.from('{}') },
  headers: { ce_specversion: '1.0', ce_id: id, ce_source: '/shop', ce_type: type },
})

test('an event passes when every filter lets it pass', () => {
  const filters = [
    { types: ['order.*'], cel: null },
    { types: null, cel: 'event.id < "n5"' },
  ]
  const passage = passedByAll(filters, stream)
  assert.equal(passage.kind, 'usable')
  const passes = passage.kind === 'usable' ? passage.passes : () => false
  assert.deepEqual([event('order.made', 'n1'), event('order.made', 'n7'), event('invoice.made', 'n1')].map(passes), [
    true,
    false,
    false,
  ])
  const all = passedByAll([], stream)
  assert.equal(all.kind === 'usable' && all.passes(event('x', 'y')), true)
})

test('one filter that cannot be used makes all of them unusable, and is told', () => {
  const passage = passedByAll(
    [
      { types: null, cel: null },
      { types: null, cel: 'event.id ==' },
    ],
    stream,
  )
  assert.equal(passage.kind, 'unusable')
  assert.match(passage.kind === 'unusable' ? passage.detail : '', /character/)
})
