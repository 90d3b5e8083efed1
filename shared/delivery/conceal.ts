import type { AttemptResult, ResponseHead } from './attempt.ts'

const mark = '[concealed]'
/** Shorter texts stand in ordinary words too. */
export const shortestConcealed = 4

/**
 * The same answer without the credentials that a receiver may have sent back (many test receivers do): answers are kept and
 * shown to people who may see deliveries, but not secrets.
 */
export function conceal(result: AttemptResult, secrets: readonly string[]): AttemptResult {
  if (secrets.length === 0 || result.kind === 'failure') return result
  const hidden = secrets.filter((secret) => secret.length >= shortestConcealed).flatMap(formsOf)
  return { ...result, headers: concealHead(result.headers, hidden), body: concealBody(result.body, hidden) }
}

function concealBody(body: Buffer, secrets: readonly string[]): Buffer {
  if (!secrets.some((secret) => body.includes(secret))) return body
  return Buffer.from(concealText(body.toString('latin1'), secrets.map(asLatin1)), 'latin1')
}

function concealHead(head: ResponseHead, secrets: readonly string[]): ResponseHead {
  const one = (value: string) => concealText(value, secrets)
  const any = (value: string | string[] | undefined) => (Array.isArray(value) ? value.map(one) : value && one(value))
  return Object.fromEntries(Object.entries(head).map(([name, value]) => [name, any(value)]))
}

/** As it is, and as JSON writes it. */
const formsOf = (secret: string) => [...new Set([secret, JSON.stringify(secret).slice(1, -1)])]

const concealText = (text: string, secrets: readonly string[]) =>
  secrets.reduce((left, secret) => left.replaceAll(secret, mark), text)

/** Bytes are replaced as bytes: a body may be in any encoding. */
const asLatin1 = (text: string) => Buffer.from(text).toString('latin1')
