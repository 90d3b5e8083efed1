import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allows, scopePattern } from '#shared/catalog/scopes.ts'

test('manage includes operate includes read', () => {
  assert.deepEqual(
    ['read', 'operate', 'manage'].map((needed) => allows(['manage'], needed)),
    [true, true, true],
  )
  assert.deepEqual(
    ['read', 'operate', 'manage'].map((needed) => allows(['operate'], needed)),
    [true, true, false],
  )
  assert.deepEqual(
    ['read', 'operate', 'manage'].map((needed) => allows(['read'], needed)),
    [true, false, false],
  )
})

test('no scope includes publish or consume but themselves and their star', () => {
  assert.equal(allows(['manage', 'operate', 'read', 'consume:*'], 'publish:orders'), false)
  assert.equal(allows(['publish:orders'], 'publish:orders'), true)
  assert.equal(allows(['publish:*'], 'publish:orders'), true)
  assert.equal(allows(['publish:orders'], 'publish:*'), false)
  assert.equal(allows(['publish:orders'], 'publish:orders2'), false)
  assert.equal(allows(['publish:*'], 'consume:orders'), false)
  assert.equal(allows([], 'read'), false)
})

test('the pattern takes the five forms and nothing near them', () => {
  const pattern = new RegExp(scopePattern)
  for (const scope of ['read', 'operate', 'manage', 'publish:*', 'consume:my-orders']) assert.match(scope, pattern)
  for (const scope of ['', 'admin', 'read ', 'publish:', 'publish:A', 'publish:a,b', 'manage:x', 'publish:**']) {
    assert.doesNotMatch(scope, pattern)
  }
})
