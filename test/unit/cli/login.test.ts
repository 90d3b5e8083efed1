import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signInLink } from '../../../services/cli/login.ts'
import { createKeyRing, openDoor } from '../console/session/console-door.ts'

test('the link that a start prints signs one browser in with the admin key', async () => {
  const ring = createKeyRing()
  const admin = ring.add(['manage'])
  const app = openDoor(ring)
  const keys = { masterKey: ring.masterKey.toString('base64'), adminKey: admin.text }
  const { origin, pathname, search, hash } = new URL(signInLink('http://127.0.0.1:8090', keys))
  assert.deepEqual([origin, pathname, search], ['http://127.0.0.1:8090', '/', ''])
  const ticket = new URLSearchParams(hash.slice(1)).get('ticket')
  const signIn = () => app.inject({ method: 'POST', url: '/v1/session', body: { ticket } })
  const first = await signIn()
  assert.deepEqual([first.statusCode, first.json().keyId], [200, admin.id])
  assert.equal((await signIn()).statusCode, 401)
})
