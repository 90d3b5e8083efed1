import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** Everything of a PKCS #8 document for ed25519 (RFC 8410) but the private key itself, which is a seed of 32 bytes. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyBytes = 32

/** The 64 bytes of an ed25519 signature (RFC 8032), made with a private key of 32 bytes. */
export function signEd25519(message: Buffer, privateKey: Buffer): Buffer {
  return sign(null, message, keyOf(privateKey))
}

/** The 32 bytes of the public key. */
export function publicKeyOf(privateKey: Buffer): Buffer {
  return createPublicKey(keyOf(privateKey)).export({ format: 'der', type: 'spki' }).subarray(-publicKeyBytes)
}

const keys = new WeakMap<Buffer, KeyObject>()

/** Reading a key costs more than signing with it. */
function keyOf(privateKey: Buffer): KeyObject {
  const known = keys.get(privateKey)
  if (known !== undefined) return known
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, privateKey]), format: 'der', type: 'pkcs8' })
  keys.set(privateKey, key)
  return key
}
