/** The session cookie of a console under `consoleUrl`: how it is set, cleared and found in a request. */
export type SessionCookie = {
  /** A Set-Cookie header. */
  set(token: string, lifeMs: number): string
  clear(): string
  /** Its value in a Cookie header. */
  find(header: string | undefined): string | undefined
}

/**
 * HttpOnly: no script reads it. SameSite=Strict: no other site sends it. Over https also Secure, and by its name
 * (`__Host-`, RFC 6265bis §4.1.3.2) bound to this host: no neighbour under the same domain can set one.
 */
export function sessionCookie(consoleUrl: string): SessionCookie {
  const isSecure = consoleUrl.startsWith('https:')
  const name = isSecure ? '__Host-tailrace_session' : 'tailrace_session'
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return {
    set: (token, lifeMs) => `${name}=${token}; Max-Age=${Math.floor(lifeMs / 1000)}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
    find: (header = '') =>
      header
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(`${name}=`))
        ?.slice(name.length + 1),
  }
}
