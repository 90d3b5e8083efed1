import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { Filtering } from '../../../services/consumer/filtering.ts'
import { judge } from '../../../services/consumer/policy.ts'

const stream = { name: 'orders', defaultType: null } as Stream
const none = { types: null, cel: null }

function recordOf(type: string, value: Buffer | null = Buffer.from('{"total":5}')): StoredRecord {
  const headers = {
    ce_specversion: '1.0',
    ce_id: '1',
    ce_source: '/s',
    ce_type: type,
    'content-type': 'application/json',
  }
  return { topic: 't', partition: 0, offset: 0, timestampMs: 0, key: null, value, headers }
}

function filteringUnderTest(filter: { types: string[] | null; cel: string | null } = none) {
  const unusable: string[] = []
  const filtering = new Filtering({ onUnusable: (detail) => unusable.push(detail) })
  filtering.follow({ filter }, stream)
  return { filtering, unusable }
}

test('without a filter the judgement is the plain function of all subscriptions', () => {
  const { filtering } = filteringUnderTest()
  assert.equal(filtering.judge, judge)
  assert.equal(filtering.isActive, false)
})

test('the judgement is another one exactly when the filter, or what names plain events, changed', () => {
  const { filtering } = filteringUnderTest({ types: ['a.*'], cel: null })
  const first = filtering.judge
  filtering.follow({ filter: { types: ['a.*'], cel: null } }, { ...stream, description: 'x' })
  assert.equal(filtering.judge, first)
  filtering.follow({ filter: { types: ['a.*'], cel: null } }, { ...stream, defaultType: 'a.b' })
  assert.notEqual(filtering.judge, first)
  filtering.follow({ filter: none }, stream)
  assert.equal(filtering.judge, judge)
})

test('what is filtered out is counted, and one that failed is explained', () => {
  const { filtering } = filteringUnderTest({ types: ['a.*'], cel: 'event.data.total > 3 && event.data.n == 1' })
  assert.equal(filtering.takeFiltered(), null)
  const verdicts = ['a.b', 'b.b', 'a.c'].map((type) => filtering.judge(recordOf(type)))
  assert.deepEqual(verdicts, ['filtered', 'filtered', 'filtered'])
  const because = 'event.data.total > 3 && event.data.n == 1 cannot be evaluated: no such key at n'
  assert.deepEqual(filtering.takeFiltered(), { events: 3, errors: 2, because })
  assert.equal(filtering.takeFiltered(), null)
})

test('a record without value is a dead letter of every subscription, a too large one only of those that want its type', () => {
  const { filtering } = filteringUnderTest({ types: ['a.*'], cel: 'false' })
  const large = Buffer.alloc(2 * 1024 * 1024, ' ')
  const records = [recordOf('b.b', null), recordOf('a.b', large), recordOf('b.b', large)]
  assert.deepEqual(records.map(filtering.judge), ['malformed-record', 'too-large', 'filtered'])
})

test('a filter that this version cannot use stops the subscription instead of delivering everything', () => {
  const { filtering, unusable } = filteringUnderTest({ types: null, cel: 'event.data.functionOfTomorrow()' })
  filtering.requireUsable()
  filtering.requireUsable()
  assert.equal(unusable.length, 2, 'also when an operator resumes it')
  assert.match(unusable[0] ?? '', /functionOfTomorrow/)
  filtering.follow({ filter: none }, stream)
  filtering.requireUsable()
  assert.equal(unusable.length, 2)
})
