import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameFault, newUid, topicNames } from '#shared/catalog/names.ts'

test('a name is a DNS label that is not reserved', () => {
  for (const name of ['a', 'a1', 'my-orders', '0', 'a'.repeat(63)]) assert.equal(nameFault(name), undefined, name)
  for (const name of ['', '-a', 'a-', 'A', 'a.b', 'a_b', '../x', 'a/b', 'a'.repeat(64), 'ü', 'a\n', 'job', 'ops']) {
    assert.notEqual(nameFault(name), undefined, name)
  }
})

test('uids never meet in practice', () => {
  const uids = new Set(Array.from({ length: 10_000 }, newUid))
  assert.equal(uids.size, 10_000)
})

test('every topic and group starts with the prefix', () => {
  const names = topicNames('p.')
  const all = [names.catalog, names.deadLetters, names.events('s'), names.retry('n', 'u'), names.group('n', 'u')]
  assert.deepEqual(all, ['p.catalog', 'p.dead-letters', 'p.events.s', 'p.retry.n.u', 'p.n.u'])
  assert.deepEqual(names.subscriptionOf(names.retry('n', 'u')), { name: 'n', uid: 'u' })
  for (const topic of ['p.retry.n', 'p.retry.n.u.x', 'p.events.n.u', 'q.retry.n.u']) {
    assert.equal(names.subscriptionOf(topic), undefined, topic)
  }
  assert.ok(all.every(names.isOwn))
  assert.equal(names.isOwn('my-topic'), false)
})
