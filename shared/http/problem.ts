import { errorTable, type TailraceError } from '#shared/errors.ts'

/** Who asked and where: parts of every problem answer. `instance` is the path without its query. */
export type ProblemContext = { requestId: string; instance: string }

export type Problem = { status: number; headers: Record<string, string>; body: Record<string, unknown> }

export const problemType = 'application/problem+json'

/** A 503 or 429 that names no time asks for a repeat after a second. */
const defaultRetryAfterMs = 1_000

/** One error as RFC 9457 problem details: status, headers (Retry-After, Allow …) and body members in the order of the API. */
export function problemOf(error: TailraceError, { requestId, instance }: ProblemContext): Problem {
  const { httpStatus: status, title, retryable } = errorTable[error.code]
  const { errors, extra } = error.options
  const retryAfterMs =
    error.options.retryAfterMs ?? (status === 503 || status === 429 ? defaultRetryAfterMs : undefined)
  const body = {
    type: `urn:tailrace:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.detail,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    requestId,
    instance,
    ...(errors === undefined ? {} : { errors }),
    ...extra,
  }
  const headers: Record<string, string> = { 'content-type': problemType, ...error.options.headers }
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  return { status, headers, body }
}

/** The path of a request target, also of an absolute one: queries may hold what nobody should see again. */
export function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '')
}
