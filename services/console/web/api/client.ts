import { signal } from '@preact/signals'
import { problemIn, type Refused, unreachable } from './problem.ts'

/** Whether the cookie of this browser is accepted; null until the first answer says so. */
export const isSignedIn = signal<boolean | null>(null)

export type Query = Readonly<Record<string, string | number | undefined | null>>
type Options = { query?: Query; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }

/** The answer to a GET. @throws {Refused} for every other ending. */
export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) })
}

/** Sends a body as JSON; 204 answers with undefined. @throws {Refused} for every other ending. */
export function send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Options = {}): Promise<T> {
  return request<T>(method, path, options)
}

/** An answer as text, for bodies of events. */
export async function getText(path: string): Promise<{ text: string; contentType: string }> {
  const response = await answerTo('GET', path, {})
  return { text: await response.text(), contentType: response.headers.get('content-type') ?? '' }
}

/** `path` with its query; members without a value are left out. */
export function addressOf(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}

async function request<T>(method: string, path: string, options: Options): Promise<T> {
  const response = await answerTo(method, path, options)
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function answerTo(method: string, path: string, { query, body, headers, signal }: Options): Promise<Response> {
  const response = await fetch(addressOf(path, query), {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    credentials: 'same-origin',
  }).catch((error: unknown): never => {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : unreachable()
  })
  if (response.ok) {
    isSignedIn.value = true
    return response
  }
  const problem: Refused = await problemIn(response)
  if (response.status === 401 && path !== '/v1/session') isSignedIn.value = false
  throw problem
}
