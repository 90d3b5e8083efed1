import { errors } from 'undici'
import type { FailureCode, FailureStage } from './attempt.ts'

/** Where and why an attempt ended without an answer, before its timings are added. */
export type Ending = { stage: FailureStage; code: FailureCode; detail: string }

export type DialPhase = 'dns' | 'connect' | 'tls'

/** Carries an ending through undici, which passes on errors only. */
export function endingError(ending: Ending): Error {
  return new Error(ending.detail, { cause: ending })
}

export const aborted: Ending = { stage: 'io', code: 'aborted', detail: 'aborted by us' }

/** What an error of DNS, TCP or TLS means, met in `phase` of making a connection. */
export function dialEnding(error: unknown, phase: DialPhase): Ending {
  const carried = carriedEnding(error)
  if (carried !== null) return carried
  const code = codeOf(error)
  if (syscallOf(error) === 'getaddrinfo') {
    return { stage: 'dns', code: code === 'ENOTFOUND' ? 'dns-not-found' : 'dns-failed', detail: `dns ${code}` }
  }
  const refused = clientCertificateEnding(error)
  if (refused !== null) return refused
  if (phase === 'tls') {
    return { stage: 'tls', code: certificateCode.test(code) ? 'tls-certificate' : 'tls-failed', detail: `tls ${code}` }
  }
  if (code === 'ETIMEDOUT') return { stage: 'timeout', code: 'connect-timeout', detail: 'connect ETIMEDOUT' }
  return { stage: 'connect', code: connectCodes[code] ?? 'connect-failed', detail: `connect ${code}` }
}

/** What an error on an open connection means, while no answer has come. */
export function exchangeEnding(error: unknown): Ending {
  const carried = carriedEnding(error)
  if (carried !== null) return carried
  const code = codeOf(error)
  const known = exchangeCodes[code]
  if (known === 'aborted') return aborted
  if (known !== undefined) return { stage: 'io', code: known, detail: `io ${code}` }
  if (error instanceof errors.HTTPParserError)
    return { stage: 'io', code: 'io-response-invalid', detail: 'io not HTTP' }
  if (code === 'UND_ERR_SOCKET') return socketEnding(error)
  return { stage: 'io', code: 'io-failed', detail: `io ${code}` }
}

const connectCodes: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'connect-refused',
  ECONNRESET: 'connect-reset',
  EPIPE: 'connect-reset',
  EHOSTUNREACH: 'connect-unreachable',
  ENETUNREACH: 'connect-unreachable',
  EHOSTDOWN: 'connect-unreachable',
  EADDRNOTAVAIL: 'connect-unreachable',
}

const exchangeCodes: Readonly<Record<string, FailureCode>> = {
  ECONNRESET: 'io-reset',
  EPIPE: 'io-reset',
  UND_ERR_HEADERS_OVERFLOW: 'io-response-head-too-large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'io-response-invalid',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
  UND_ERR_ABORTED: 'aborted',
}

/** The alerts of RFC 8446 6.2 by which a server refuses the certificate of a client, or that there is none. */
const clientCertificateAlert =
  /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)/

/** The ending when a receiver refuses our certificate or misses one; null for any other error. */
export function clientCertificateEnding(error: unknown): Ending | null {
  const code = codeOf(error)
  if (!clientCertificateAlert.test(code)) return null
  return { stage: 'tls', code: 'tls-client-certificate', detail: `tls ${code}` }
}

/** OpenSSL's verification errors (X509_V_ERR_…) and Node's own check of the name. */
const certificateCode = /CERT|ISSUER|VERIFY|CRL|SELF_SIGNED|HOSTNAME|SIGNATURE/

/** undici has one code for what a peer may do to a connection, and tells it apart by the message. */
function socketEnding(error: unknown): Ending {
  const message = error instanceof Error ? error.message : ''
  if (/^bad /.test(message)) return { stage: 'io', code: 'io-response-invalid', detail: `io ${message}` }
  return { stage: 'io', code: 'io-closed', detail: 'io closed before the answer' }
}

function carriedEnding(error: unknown): Ending | null {
  const cause = error instanceof Error ? error.cause : undefined
  return isEnding(cause) ? cause : null
}

function isEnding(value: unknown): value is Ending {
  return typeof value === 'object' && value !== null && 'stage' in value && 'code' in value && 'detail' in value
}

const codeOf = (error: unknown) => textMember(error, 'code') ?? 'UNKNOWN'
const syscallOf = (error: unknown) => textMember(error, 'syscall')

function textMember(error: unknown, name: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  return typeof value === 'string' ? value : undefined
}
