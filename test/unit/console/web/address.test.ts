import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAddress, matchPath, parseAddress, patchQuery } from '../../../../services/console/web/router/address.ts'

describe('addresses of the console', () => {
  it('reads back what it writes', () => {
    const address = { path: '/dead-letters', query: { subscription: 'billing', key: 'a&b=c d/ü' } }
    assert.deepEqual(parseAddress(formatAddress(address)), address)
  })

  it('takes a path with and without a slash at its end for the same', () => {
    assert.equal(parseAddress('/events/').path, '/events')
    assert.equal(parseAddress('/').path, '/')
  })

  it('replaces members of a query, and takes out those without a value', () => {
    const query = { stream: 'orders', key: 'a' }
    assert.deepEqual(patchQuery(query, { key: undefined, type: 'x' }), { stream: 'orders', type: 'x' })
    assert.deepEqual(patchQuery(query, { stream: '' }), { key: 'a' })
    assert.deepEqual(query, { stream: 'orders', key: 'a' })
  })

  it('finds the parts of a path, decoded', () => {
    assert.deepEqual(matchPath('/events/:id', '/events/a%2Fb'), { id: 'a/b' })
    assert.equal(matchPath('/events/:id', '/events'), undefined)
    assert.equal(matchPath('/events/:id', '/events/'), undefined)
    assert.equal(matchPath('/subscriptions/new', '/subscriptions/old'), undefined)
  })
})
