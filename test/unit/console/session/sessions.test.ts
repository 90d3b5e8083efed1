import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createTokenSigner } from '#shared/catalog/sign-in-tokens.ts'
import { createKeyRing, openDoor } from './console-door.ts'

const ownPage = { 'sec-fetch-site': 'same-origin' }
const hourMs = 3_600_000

const signIn = (app: FastifyInstance, body: object) => app.inject({ method: 'POST', url: '/v1/session', body })

/** The cookie as a browser would send it back. */
function cookieOf(answer: { headers: object }): string {
  return String(Reflect.get(answer.headers, 'set-cookie')).split(';')[0] ?? ''
}

const read = (app: FastifyInstance, cookie: string) =>
  app.inject({ method: 'GET', url: '/v1/session', headers: { cookie } })

const write = (app: FastifyInstance, cookie: string, headers: object = ownPage) =>
  app.inject({ method: 'POST', url: '/v1/change', headers: { cookie, ...headers } })

test('a key opens a session whose cookie does what the key would do', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const key = ring.add(['operate'])
  const opened = await signIn(app, { key: key.text })
  assert.equal(opened.statusCode, 200)
  const attributes = String(opened.headers['set-cookie'])
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
    assert.match(attributes, RegExp(attribute))
  assert.doesNotMatch(attributes, /Secure/)
  assert.ok(!attributes.includes(key.text.slice(-43)))
  const { keyId, name, scopes } = opened.json()
  assert.deepEqual([keyId, name, scopes], [key.id, 'k', ['operate']])
  assert.deepEqual((await read(app, cookieOf(opened))).json(), opened.json())
  assert.deepEqual((await write(app, cookieOf(opened))).json(), { by: key.id })
})

test('over https the cookie is Secure and bound to its host', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring, { consoleUrl: 'https://console.example' })
  const opened = await signIn(app, { key: ring.add(['read']).text })
  assert.match(String(opened.headers['set-cookie']), /^__Host-tailrace_session=.*; Secure$/)
  assert.equal((await read(app, cookieOf(opened))).statusCode, 200)
})

test('a cookie changes nothing for another page, and a key beside it needs no page', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const key = ring.add(['operate'])
  const cookie = cookieOf(await signIn(app, { key: key.text }))
  const elsewhere = await write(app, cookie, { 'sec-fetch-site': 'same-site' })
  assert.deepEqual([elsewhere.statusCode, elsewhere.json().code], [403, 'cross-origin'])
  assert.equal((await write(app, cookie, { authorization: `Bearer ${key.text}` })).statusCode, 200)
})

test('a session has the scopes that its key has now, and ends with the key at once', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const key = ring.add(['operate'])
  const cookie = cookieOf(await signIn(app, { key: key.text }))
  const known = ring.keys.get(key.id)
  assert.ok(known)
  ring.keys.set(key.id, { ...known, scopes: ['read'] })
  assert.equal((await write(app, cookie)).json().code, 'scope-missing')
  ring.keys.delete(key.id)
  assert.equal((await read(app, cookie)).json().code, 'credential-invalid')
})

test('a session ends with its key’s secret, with its key’s expiry and after twelve hours', async () => {
  const ring = createKeyRing()
  let now = Date.now()
  const app = openDoor(ring, { nowMs: () => now })
  const rotated = ring.add(['read'])
  const expiring = ring.add(['read'], new Date(now + hourMs).toISOString())
  const lasting = ring.add(['read'])
  const [first, second, third] = await Promise.all(
    [rotated, expiring, lasting].map(({ text }) => signIn(app, { key: text })),
  )
  assert.ok(first && second && third)
  assert.equal(second.json().expiresAt, new Date(now + hourMs).toISOString())
  const known = ring.keys.get(rotated.id)
  assert.ok(known)
  ring.keys.set(rotated.id, { ...known, secrets: [{ hash: 'new', createdAt: '', validUntil: null }] })
  assert.equal((await read(app, cookieOf(first))).statusCode, 401)
  now += hourMs
  assert.equal((await read(app, cookieOf(second))).statusCode, 401)
  assert.equal((await read(app, cookieOf(third))).statusCode, 200)
  now += 11 * hourMs
  assert.equal((await read(app, cookieOf(third))).statusCode, 401)
})

test('signing out ends the session, not only the cookie', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const cookie = cookieOf(await signIn(app, { key: ring.add(['read']).text }))
  const ended = await app.inject({ method: 'DELETE', url: '/v1/session', headers: { cookie, ...ownPage } })
  assert.equal(ended.statusCode, 204)
  assert.match(String(ended.headers['set-cookie']), /^tailrace_session=; Max-Age=0;/)
  assert.equal((await read(app, cookie)).statusCode, 401)
})

test('a one-time link opens one session, on whatever console, also after a restart', async () => {
  const ring = createKeyRing()
  const key = ring.add(['manage'])
  const issue = (nowMs: number) => {
    const secret = { keyId: key.id, hash: key.hash }
    return createTokenSigner(ring.masterKey).issue('ticket', secret, { nowMs, lifeMs: 600_000 })
  }
  const app = openDoor(ring)
  const ticket = issue(Date.now())
  const opened = await signIn(app, { ticket })
  assert.equal(opened.statusCode, 200)
  const cookie = cookieOf(opened)
  const again = await signIn(app, { ticket })
  assert.deepEqual([again.statusCode, again.json().code], [401, 'credential-invalid'])
  assert.match(again.json().detail, /used already/)
  const later = openDoor(ring, { nowMs: () => Date.now() + 1_000 })
  assert.equal((await read(later, cookie)).statusCode, 200)
  assert.equal((await signIn(later, { ticket })).statusCode, 401, 'the restarted console cannot know, so it refuses')
  assert.equal((await signIn(openDoor(ring), { ticket: issue(Date.now() - 600_000) })).statusCode, 401, 'it is too old')
  assert.equal((await read(app, `tailrace_session=${issue(Date.now())}`)).statusCode, 401, 'a ticket is no session')
})

test('what is no key and no ticket is refused, and after ten failures for a while unread', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const good = ring.add(['read'])
  for (const body of [{}, { key: 'x', ticket: 'y' }])
    assert.equal((await signIn(app, body)).json().code, 'body-invalid')
  assert.equal((await signIn(app, { password: 'x' })).json().code, 'unknown-field')
  const stranger = createKeyRing().add(['read'])
  for (let at = 0; at < 10; at += 1) {
    const answer = await signIn(app, at % 2 === 0 ? { key: stranger.text } : { ticket: 'rubbish' })
    assert.equal(answer.json().code, 'credential-invalid')
  }
  const refused = await signIn(app, { key: good.text })
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'rate-limited'])
  assert.ok(Number(refused.headers['retry-after']) > 0)
})

test('who is signed in is also told to who comes with a key, and to nobody else', async () => {
  const ring = createKeyRing()
  const app = openDoor(ring)
  const key = ring.add(['publish:orders'])
  const authorization = `Bearer ${key.text}`
  const told = await app.inject({ method: 'GET', url: '/v1/session', headers: { authorization } })
  assert.deepEqual(told.json(), { keyId: key.id, name: 'k', scopes: ['publish:orders'], expiresAt: null })
  assert.equal((await app.inject({ method: 'GET', url: '/v1/session' })).json().code, 'credential-missing')
  assert.equal((await app.inject({ method: 'DELETE', url: '/v1/session' })).statusCode, 401)
  for (const cookie of ['tailrace_session=', 'tailrace_session=rubbish', 'other=1']) {
    assert.equal((await read(app, cookie)).statusCode, 401, cookie)
  }
})
