import type { IncomingHttpHeaders } from 'node:http'
import { type FieldFault, TailraceError } from '#shared/errors.ts'

const header = 'idempotency-key'
const mostCharacters = 255

/**
 * The value of `Idempotency-Key`, or null without that header. `"abc"` (RFC 8941 string, as the IETF draft writes it) and
 * `abc` are equal. Throws `request-malformed` for an empty, too long, non-ASCII or repeated key.
 */
export function readIdempotencyKey({ headers, rawHeaders }: Headers): string | null {
  if (headers[header] === undefined) return null
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === header)
  const [value] = values
  if (value === undefined) return null
  if (values.length > 1) throw malformed('repeated', 'the header stands twice', 'send it once')
  const key = unquoted(value)
  if (key.trim() === '') throw malformed('empty', 'the key is empty', 'give it a value or leave the header out')
  if (!/^[\x20-\x7e]*$/.test(key)) throw malformed('not-ascii', 'the key has characters that are no printable ASCII')
  if (key.length > mostCharacters) throw malformed('too-long', `the key is longer than ${mostCharacters} characters`)
  return key
}

/** node:http joins repeated headers; only the raw list shows them. */
type Headers = { readonly headers: IncomingHttpHeaders; readonly rawHeaders: readonly string[] }

const quotedString = /^"((?:[^"\\]|\\["\\])*)"$/

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value
  const [, inner] = quotedString.exec(value) ?? []
  if (inner === undefined) throw malformed('not-a-string', 'the key begins with a quote and is no quoted string')
  return inner.replaceAll(/\\(["\\])/g, '$1')
}

function malformed(code: string, detail: string, fix = 'for example a UUID'): TailraceError {
  const errors: FieldFault[] = [{ header, code, detail, fix }]
  return new TailraceError('request-malformed', `Idempotency-Key: ${detail}.`, { errors })
}
