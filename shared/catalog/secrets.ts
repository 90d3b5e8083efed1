import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** A secret as the catalog topic holds it. `sealed` is base64 of iv, tag and ciphertext, `keyId` says which master key opens it. */
export type Sealed = { keyId: string; sealed: string }

export type SecretBox = {
  /** Names the master key without telling anything about it. */
  readonly keyId: string
  /** `place` is where the secret belongs, for example `k3v9q2/signing`: nowhere else it opens. */
  seal(place: string, secret: Buffer): Sealed
  /** Throws an Error that says why: sealed under another master key, moved here from another place, or damaged. */
  open(place: string, sealed: Sealed): Buffer
}

const ivBytes = 12
const tagBytes = 16
const keyIdCharacters = 8

/**
 * AES-256-GCM under the master key (32 bytes), with a fresh iv for every secret: at 2^32 secrets two would share one with a
 * chance of 2^-33. The place is associated data, so a sealed secret copied to another record or member does not open.
 */
export function createSecretBox(masterKey: Buffer): SecretBox {
  const keyId = createHmac('sha256', masterKey).update('tailrace master key').digest('hex').slice(0, keyIdCharacters)
  return {
    keyId,
    seal: (place, secret) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', masterKey, iv).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return { keyId, sealed: Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64') }
    },
    open: (place, { keyId: sealedUnder, sealed }) => {
      if (sealedUnder !== keyId) {
        throw new Error(`it is sealed under the master key ${sealedUnder}; this process has the master key ${keyId}`)
      }
      return opened(Buffer.from(sealed, 'base64'), place, masterKey)
    },
  }
}

function opened(bytes: Buffer, place: string, masterKey: Buffer): Buffer {
  const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(ivBytes, ivBytes + tagBytes)]
  try {
    const decipher = createDecipheriv('aes-256-gcm', masterKey, iv, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(place)).setAuthTag(tag)
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
  } catch (error) {
    throw new Error(`it is damaged, or was sealed for another place than ${place}`, { cause: error })
  }
}
