import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCredential, hashSecret, newCredential, parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'

const createdAt = '2026-11-21T09:10:00.000Z'

test('a new credential is read back as its two halves', () => {
  const credential = newCredential()
  assert.match(formatCredential(credential), /^tr_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/)
  assert.deepEqual(parseCredential(formatCredential(credential)), credential)
})

test('other texts are no credential', () => {
  const right = formatCredential(newCredential())
  for (const text of [
    '',
    'tr_',
    right.slice(1),
    `${right}a`,
    right.slice(0, -1),
    right.replace('tr_', 'sk_'),
    `${right}\n`,
  ]) {
    assert.equal(parseCredential(text), undefined, text)
  }
})

test('a secret verifies only under its own id and only until its end', () => {
  const credential = newCredential()
  const hash = hashSecret(credential)
  const now = Date.parse(createdAt)
  const verify = (validUntil: string | null, other = credential) =>
    verifySecret(other, [{ hash, createdAt, validUntil }], now)
  assert.equal(verify(null), true)
  assert.equal(verify(new Date(now + 1).toISOString()), true)
  assert.equal(verify(createdAt), false)
  assert.equal(verify(null, { ...credential, id: newCredential().id }), false)
  assert.equal(verify(null, { ...credential, secret: newCredential().secret }), false)
  assert.equal(verifySecret(credential, [], now), false)
  assert.equal(verifySecret(credential, [{ hash: '', createdAt, validUntil: null }], now), false)
})

test('the hash does not show the secret', () => {
  const credential = newCredential()
  assert.equal(hashSecret(credential).includes(credential.secret), false)
  assert.equal(hashSecret(credential).length, 43)
})
