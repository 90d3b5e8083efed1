import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSecretBox, formatSigningSecret, newSigningSecret, parseSigningSecret } from '#shared/catalog/secrets.ts'

const createdAt = '2026-11-21T09:10:00.000Z'

test('every secret of 24 to 64 bytes is read back from its text, no other length is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const parsed = parseSigningSecret(formatSigningSecret(Buffer.from(bytes)))
      assert.deepEqual(parsed, bytes.length >= 24 && bytes.length <= 64 ? Buffer.from(bytes) : undefined)
    }),
  )
})

test('a text that is not the exact base64 of its bytes is refused', () => {
  const right = formatSigningSecret(newSigningSecret())
  for (const text of ['', right.slice(6), right.replace('whsec_', 'whsk_'), `${right}=`, ` ${right}`, `${right}!`]) {
    assert.equal(parseSigningSecret(text), undefined, text)
  }
})

test('a sealed secret opens under its master key and uid only, and shows nothing', () => {
  const box = createSecretBox(randomBytes(32))
  const secret = { secret: newSigningSecret(), createdAt, validUntil: null }
  const sealed = box.seal('k3v9q2', secret)
  assert.deepEqual(box.open('k3v9q2', sealed), secret)
  assert.equal(JSON.stringify(sealed).includes(secret.secret.toString('base64')), false)
  assert.notEqual(box.seal('k3v9q2', secret).sealed, sealed.sealed)
  assert.throws(() => box.open('k3v9q3', sealed))
  assert.throws(() => createSecretBox(randomBytes(32)).open('k3v9q2', sealed))
  const bytes = Buffer.from(sealed.sealed, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  assert.throws(() => box.open('k3v9q2', { ...sealed, sealed: bytes.toString('base64') }))
})
