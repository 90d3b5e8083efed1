import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInstallation } from './running-console.ts'

type KeyAnswer = { id: string; secret: string; secrets: { validUntil: string | null }[]; scopes: string[] }

test('keys follow the rules of the API', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const adminId = installation.adminKey.split('_')[1]
  const make = async (scopes: string[], more: object = {}) => {
    const made = await api('POST', '/v1/keys', { name: 'test', scopes, ...more })
    assert.equal(made.status, 201)
    return made.body as unknown as KeyAnswer
  }

  await t.test('a new key works at once and its secret is shown once', async () => {
    const key = await make(['read'])
    assert.match(key.secret, new RegExp(`^tr_${key.id}_[0-9A-Za-z]{43}$`))
    assert.equal((await api.as(key.secret)('GET', '/v1/streams')).status, 200)
    assert.equal((await api('GET', `/v1/keys/${key.id}`)).body.secret, undefined)
    assert.equal(JSON.stringify((await api('GET', '/v1/keys')).body).includes(key.secret.slice(-43)), false)
  })

  await t.test('without a credential, with a wrong one, or with one in the query there is no answer', async () => {
    assert.equal((await api.as(null)('GET', '/v1/streams')).body.code, 'credential-missing')
    const wrong = `tr_${adminId}_${'a'.repeat(43)}`
    const unknown = `tr_${'a'.repeat(12)}_${'a'.repeat(43)}`
    for (const credential of [wrong, unknown, 'nonsense']) {
      const refused = await api.as(credential)('GET', '/v1/streams')
      assert.deepEqual([refused.status, refused.body.code], [401, 'credential-invalid'])
      assert.equal(refused.headers.get('www-authenticate'), 'Bearer')
    }
    assert.equal((await api.as(null)('GET', `/v1/streams?key=${installation.adminKey}`)).status, 401)
  })

  await t.test(
    'each route asks for its scope: manage includes operate includes read, none includes publish',
    async () => {
      const [reader, operator, publisher] = [await make(['read']), await make(['operate']), await make(['publish:*'])]
      const pause = '/v1/subscriptions/demo-inbox/pause'
      assert.equal((await api.as(reader.secret)('POST', pause)).body.code, 'scope-missing')
      assert.equal((await api.as(operator.secret)('POST', pause)).status, 200)
      assert.equal((await api.as(operator.secret)('GET', '/v1/state')).status, 200)
      assert.equal((await api.as(operator.secret)('PUT', '/v1/streams/x', {})).status, 403)
      assert.equal((await api.as(publisher.secret)('GET', '/v1/streams')).status, 403)
      assert.equal((await api.as(publisher.secret)('GET', '/v1/streams/absent')).status, 403)
    },
  )

  await t.test('a key cannot grant what it lacks, neither new nor by change nor by rotation', async () => {
    const manager = await make(['manage', 'publish:demo'])
    const as = api.as(manager.secret)
    assert.equal((await as('POST', '/v1/keys', { name: 'x', scopes: ['publish:demo', 'read'] })).status, 201)
    assert.equal((await as('POST', '/v1/keys', { name: 'x', scopes: ['publish:*'] })).body.code, 'scope-missing')
    assert.equal((await as('PATCH', `/v1/keys/${manager.id}`, { scopes: ['manage', 'consume:*'] })).status, 403)
    assert.equal((await as('POST', `/v1/keys/${adminId}/rotate`)).status, 403)
    await api('DELETE', `/v1/keys/${manager.id}`)
  })

  await t.test('a key carries its rate limit, which a change replaces and null takes away', async () => {
    const rateLimit = { perSecond: 1_000, burst: 2_000 }
    const key = await make(['read'], { rateLimit })
    const path = `/v1/keys/${key.id}`
    assert.deepEqual((await api('GET', path)).body.rateLimit, rateLimit)
    const changed = await api('PATCH', path, { rateLimit: { burst: 5_000 } })
    assert.deepEqual(changed.body.rateLimit, { perSecond: 1_000, burst: 5_000 })
    assert.equal((await api('PATCH', path, { rateLimit: null })).body.rateLimit, null)
    for (const [wrong, code] of [
      [{ perSecond: 0, burst: 1 }, 'body-invalid'],
      [{ perSecond: 1 }, 'body-invalid'],
      [{ ...rateLimit, perMinute: 1 }, 'unknown-field'],
    ]) {
      const refused = await api('POST', '/v1/keys', { name: 'x', scopes: ['read'], rateLimit: wrong })
      assert.deepEqual([refused.status, refused.body.code], [400, code])
    }
  })

  await t.test('a revoked key and one that has expired are refused', async () => {
    const key = await make(['read'])
    assert.equal((await api('DELETE', `/v1/keys/${key.id}`)).status, 204)
    assert.equal((await api.as(key.secret)('GET', '/v1/streams')).status, 401)
    assert.equal((await api('GET', `/v1/keys/${key.id}`)).body.code, 'not-found')
    const expired = await make(['read'], { expiresAt: '2020-01-01T00:00:00.000Z' })
    assert.equal((await api.as(expired.secret)('GET', '/v1/streams')).status, 401)
  })

  await t.test('rotation gives a new secret under the same id; the previous one counts for the overlap', async () => {
    const key = await make(['read'])
    const rotated = (await api('POST', `/v1/keys/${key.id}/rotate`, { overlapMs: 60_000 })).body as unknown as KeyAnswer
    assert.equal(rotated.id, key.id)
    for (const secret of [key.secret, rotated.secret]) {
      assert.equal((await api.as(secret)('GET', '/v1/streams')).status, 200)
    }
    const last = (await api('POST', `/v1/keys/${key.id}/rotate`)).body as unknown as KeyAnswer
    assert.equal((await api.as(rotated.secret)('GET', '/v1/streams')).status, 401)
    assert.equal((await api.as(last.secret)('GET', '/v1/streams')).status, 200)
  })

  await t.test('the last manage key stays, and stays a manage key that does not expire', async () => {
    const temporary = await make(['manage'], { expiresAt: '2999-01-01T00:00:00.000Z' })
    const path = `/v1/keys/${adminId}`
    assert.equal((await api('DELETE', path)).body.code, 'last-manage-key')
    assert.equal((await api('PATCH', path, { scopes: ['read'] })).body.code, 'last-manage-key')
    assert.equal((await api('PATCH', path, { expiresAt: '2999-01-01T00:00:00.000Z' })).status, 409)
    assert.equal((await api('DELETE', `/v1/keys/${temporary.id}`)).status, 204)
    const other = await make(['manage', 'publish:*', 'consume:*'])
    assert.equal((await api('DELETE', path)).status, 204)
    assert.equal((await api.as(other.secret)('GET', '/v1/keys')).status, 200)
  })
})
