import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSecretBox } from '#shared/catalog/secrets.ts'

const secret = Buffer.from('a secret that nobody may read')

test('a sealed secret opens under its master key and in its place only, and shows nothing', () => {
  const box = createSecretBox(randomBytes(32))
  const sealed = box.seal('k3v9q2/signing', secret)
  assert.deepEqual(box.open('k3v9q2/signing', sealed), secret)
  const bytes = Buffer.from(sealed.sealed, 'base64')
  assert.equal(bytes.includes(secret) || JSON.stringify(sealed).includes(secret.toString('base64')), false)
  for (const place of ['k3v9q3/signing', 'k3v9q2/destination/token', 'k3v9q2', '']) {
    assert.throws(() => box.open(place, sealed), /another place/, place)
  }
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.throws(() => box.open('k3v9q2/signing', { ...sealed, sealed: changed.toString('base64') }), /damaged/)
  }
  for (const cut of [0, 11, 27, bytes.length - 1]) {
    const sealedText = bytes.subarray(0, cut).toString('base64')
    assert.throws(() => box.open('k3v9q2/signing', { ...sealed, sealed: sealedText }), /damaged/)
  }
})

test('the same secret never looks the same twice', () => {
  const box = createSecretBox(randomBytes(32))
  const texts = Array.from({ length: 100 }, () => box.seal('p', secret).sealed)
  assert.equal(new Set(texts).size, 100)
})

test('under another master key the error names both keys and tells nothing of either', () => {
  const [masterKey, otherKey] = [randomBytes(32), randomBytes(32)]
  const [box, other] = [createSecretBox(masterKey), createSecretBox(otherKey)]
  const sealed = box.seal('p', secret)
  assert.throws(
    () => other.open('p', sealed),
    ({ message }: Error) => message.includes(box.keyId) && message.includes(other.keyId),
  )
  assert.match(box.keyId, /^[0-9a-f]{8}$/)
  assert.equal(createSecretBox(masterKey).keyId, box.keyId)
  assert.equal(masterKey.toString('hex').includes(box.keyId), false)
  // A record that lies about its key does not open either.
  assert.throws(() => other.open('p', { ...sealed, keyId: other.keyId }), /damaged/)
})
