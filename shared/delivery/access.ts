/** What requests of a subscription carry and prove, beside event and signature; in the clear, so only in memory. */
export type TargetAccess = {
  /** Name, value, name, value …: the static headers and `authorization`. */
  headers: readonly string[]
  /** PEM texts for TLS; null where nothing was given. */
  tls: { certificate: string | null; key: string | null; ca: string | null }
  /** Texts that must not come back in what is kept of an answer. */
  secrets: readonly string[]
}

export const noAccess: TargetAccess = { headers: [], tls: { certificate: null, key: null, ca: null }, secrets: [] }

export type Credentials = { kind: 'bearer'; token: string } | { kind: 'basic'; username: string; password: string }

/** The value of `authorization`: RFC 6750 for a bearer token, RFC 7617 (with UTF-8) for user name and password. */
export function authorizationOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'bearer':
      return `Bearer ${credentials.token}`
    case 'basic':
      return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
    default:
      return credentials satisfies never
  }
}
