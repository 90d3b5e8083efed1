import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createTokenSigner, parseToken } from '#shared/catalog/sign-in-tokens.ts'

const keyId = '8fK2mQ0xZa1b'
const hash = 'a-hash'
const nowMs = Date.parse('2026-11-21T10:00:00.000Z')
const life = { nowMs, lifeMs: 60_000 }
const secret = { hash, createdAt: '', validUntil: null }
const signer = createTokenSigner(randomBytes(32))

function parsed(text: string) {
  const token = parseToken(text)
  assert.ok(token)
  return token
}

test('a token says whose it is and until when, and its signer finds the secret that it was issued for', () => {
  const token = parsed(signer.issue('session', { keyId, hash }, life))
  assert.deepEqual([token.keyId, token.issuedAtMs, token.expiresAtMs], [keyId, nowMs, nowMs + 60_000])
  const other = { ...secret, hash: 'another' }
  assert.equal(signer.secretOf('session', token, [other, secret], nowMs + 59_999), hash)
  assert.equal(signer.secretOf('session', token, [other, secret], nowMs + 60_000), undefined)
})

test('a token ends with the secret that it was issued for', () => {
  const token = parsed(signer.issue('session', { keyId, hash }, life))
  assert.equal(signer.secretOf('session', token, [], nowMs), undefined)
  const overlapping = { ...secret, validUntil: new Date(nowMs + 1).toISOString() }
  assert.equal(signer.secretOf('session', token, [overlapping], nowMs), hash)
  assert.equal(signer.secretOf('session', token, [overlapping], nowMs + 1), undefined)
})

test('no other kind, key, time, id or installation takes a token', () => {
  const text = signer.issue('ticket', { keyId, hash }, life)
  const token = parsed(text)
  const accepted = (candidate: typeof token, by = signer) => by.secretOf('ticket', candidate, [secret], nowMs)
  assert.equal(accepted(token), hash)
  assert.equal(signer.secretOf('session', token, [secret], nowMs), undefined)
  assert.equal(accepted({ ...token, keyId: 'AAAAAAAAAAAA' }), undefined)
  assert.equal(accepted({ ...token, expiresAtMs: token.expiresAtMs + 1 }), undefined)
  assert.equal(accepted({ ...token, issuedAtMs: token.issuedAtMs + 1 }), undefined)
  assert.equal(accepted({ ...token, id: 'A'.repeat(22) }), undefined)
  assert.equal(accepted(token, createTokenSigner(randomBytes(32))), undefined)
})

test('text of another form is no token', () => {
  const text = signer.issue('ticket', { keyId, hash }, life)
  for (const other of ['', 'x', text.slice(1), `${text}A`, text.replace('.', ' '), `${text}.`]) {
    assert.equal(parseToken(other), undefined, other)
  }
})
