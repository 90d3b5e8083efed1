import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import {
  formatPublicKey,
  formatSigningSecret,
  newSigningSecret,
  openSigningSecret,
  parseSigningSecret,
  sealSigningSecret,
  signingSecretPattern,
} from '#shared/catalog/signing-secrets.ts'

const createdAt = '2026-11-21T09:10:00.000Z'
const pattern = new RegExp(signingSecretPattern)

/** A key pair as node:crypto makes it, which knows nothing of ours. */
function keyPair() {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { seed: Buffer.from(d, 'base64url'), publicKey: Buffer.from(x, 'base64url') }
}

test('every HMAC secret of 24 to 64 bytes is read back from its text, no other length is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = formatSigningSecret(Buffer.from(bytes))
      const isGood = bytes.length >= 24 && bytes.length <= 64
      assert.deepEqual(parseSigningSecret(text), isGood ? { secret: Buffer.from(bytes) } : undefined)
      if (isGood) assert.match(text, pattern)
    }),
  )
})

test('a private key is read as 32 bytes, or as 64 with its public key behind it', () => {
  const { seed, publicKey } = keyPair()
  for (const bytes of [seed, Buffer.concat([seed, publicKey])]) {
    const text = `whsk_${bytes.toString('base64')}`
    assert.deepEqual(parseSigningSecret(text), { privateKey: seed })
    assert.match(text, pattern)
  }
  assert.equal(formatPublicKey(seed), `whpk_${publicKey.toString('base64')}`)
  for (const bytes of [
    ...[seed.subarray(1), Buffer.concat([seed, Buffer.alloc(1)]), Buffer.alloc(0), Buffer.alloc(65)],
    Buffer.concat([seed, keyPair().publicKey]),
  ]) {
    assert.equal(parseSigningSecret(`whsk_${bytes.toString('base64')}`), undefined, `${bytes.length} bytes`)
  }
})

test('a text that is not the exact base64 of its bytes, or of another kind, is refused', () => {
  const right = formatSigningSecret(newSigningSecret(createdAt).secret)
  for (const text of ['', right.slice(6), right.replace('whsec_', 'whpk_'), `${right}=`, ` ${right}`, `${right}!`]) {
    assert.equal(parseSigningSecret(text), undefined, text)
  }
  // 24 bytes are no private key.
  assert.equal(parseSigningSecret(right.replace('whsec_', 'whsk_')), undefined)
})

test('a new secret has both halves, is never the same, and comes back from its sealed form', () => {
  const box = createSecretBox(randomBytes(32))
  const made = newSigningSecret(createdAt)
  assert.deepEqual([made.secret.length, made.privateKey.length, made.validUntil], [24, 32, null])
  assert.notDeepEqual(newSigningSecret(createdAt), made)
  for (const length of [24, 33, 64]) {
    const given = { ...made, secret: randomBytes(length), validUntil: createdAt }
    const sealed = sealSigningSecret(box, 'k3v9q2', given)
    assert.deepEqual(openSigningSecret(box, 'k3v9q2', sealed), given)
    assert.throws(() => openSigningSecret(box, 'k3v9q3', sealed))
  }
})
