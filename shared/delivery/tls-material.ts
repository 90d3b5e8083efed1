import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Why PEM texts cannot be used; `rule` is the stable name. No text of a key is ever in it. */
export type TlsFault = {
  member: 'certificate' | 'key' | 'ca'
  rule: 'not-pem' | 'private-key' | 'encrypted' | 'mismatch' | 'missing' | 'unusable'
  detail: string
  fix: string
}

export type TlsMaterial = { certificate: string | null; key: string | null; ca: string | null }

/** Everything that is wrong with client certificate, key and authorities; an empty list when a connection can be made with them. */
export function tlsFaults({ certificate, key, ca }: TlsMaterial): TlsFault[] {
  const faults = [
    ...(certificate === null ? [] : certificateFaults('certificate', certificate)),
    ...(ca === null ? [] : certificateFaults('ca', ca)),
    ...pairFaults(certificate, key),
  ]
  return faults.length > 0 ? faults : contextFaults({ certificate, key, ca })
}

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** Answers show certificates, so a file that holds a private key too (many do) is refused before it is stored. */
function certificateFaults(member: 'certificate' | 'ca', text: string): TlsFault[] {
  if (text.includes('PRIVATE KEY')) {
    const fix = 'leave the private key out; it belongs into destination.tls.key'
    return [{ member, rule: 'private-key', detail: `${member} holds a private key, and answers show it`, fix }]
  }
  const blocks = text.match(block) ?? []
  if (blocks.length > 0 && text.replace(block, '').trim() === '' && blocks.every(isCertificate)) return []
  const fix = 'send nothing but blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----'
  return [{ member, rule: 'not-pem', detail: `${member} is not one or more certificates in PEM`, fix }]
}

function isCertificate(text: string): boolean {
  return certificateOf(text) !== null
}

function certificateOf(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text)
  } catch {
    return null
  }
}

function pairFaults(certificate: string | null, text: string | null): TlsFault[] {
  if (text === null) return certificate === null ? [] : [missing('key', 'certificate')]
  const key = privateKeyOf(text)
  if (key === null) {
    if (!/ENCRYPTED/.test(text)) return [notAKey]
    const detail = 'the private key is encrypted with a passphrase'
    return [{ member: 'key', rule: 'encrypted', detail, fix: 'decrypt it first; it is stored encrypted' }]
  }
  if (certificate === null) return [missing('certificate', 'key')]
  const leaf = certificateOf(certificate)
  if (leaf === null || leaf.checkPrivateKey(key)) return []
  const detail = 'the private key does not belong to the first certificate'
  return [{ member: 'key', rule: 'mismatch', detail, fix: 'send the key of that certificate, its own one first' }]
}

const notAKey: TlsFault = {
  member: 'key',
  rule: 'not-pem',
  detail: 'key is not a private key in PEM',
  fix: 'send the block from -----BEGIN PRIVATE KEY----- to its end',
}

function missing(member: 'certificate' | 'key', given: string): TlsFault {
  return {
    member,
    rule: 'missing',
    detail: `${given} is of no use without ${member}`,
    fix: `add ${member}, or clear both`,
  }
}

function privateKeyOf(text: string): KeyObject | null {
  try {
    return createPrivateKey(text)
  } catch {
    return null
  }
}

/** What OpenSSL still refuses when a connection is made, for example a key that is too short. */
function contextFaults({ certificate, key, ca }: TlsMaterial): TlsFault[] {
  try {
    createSecureContext(tlsOptions({ certificate, key, ca }))
    return []
  } catch (error) {
    const code = String(Reflect.get(error as object, 'code') ?? 'unknown')
    const member = certificate === null ? 'ca' : 'certificate'
    return [
      { member, rule: 'unusable', detail: `TLS does not take it: ${code}`, fix: 'use a longer key or a newer form' },
    ]
  }
}

/** The same as options of node:tls; what is null is left to the system. */
export function tlsOptions({ certificate, key, ca }: TlsMaterial) {
  return {
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
    ...(ca === null ? {} : { ca }),
  }
}
