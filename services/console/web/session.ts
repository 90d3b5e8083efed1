/** Who is signed in, as `/v1/session` answers. */
export type Session = { keyId: string; name: string; scopes: string[]; expiresAt: string | null }

/** What to show of a refused request: `title` and `detail` of its problem. */
export type Refusal = { title: string; detail: string }

export type Proof = { key: string } | { ticket: string }

/** The session of this browser, null without one. */
export async function currentSession(): Promise<Session | null> {
  const answer = await fetch('/v1/session')
  return answer.ok ? await answer.json() : null
}

/** Signs in with a key, or with the ticket of a one-time link. */
export async function signIn(proof: Proof): Promise<Session | Refusal> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/v1/session', { method: 'POST', headers, body: JSON.stringify(proof) })
  return await answer.json()
}

export async function signOut(): Promise<void> {
  await fetch('/v1/session', { method: 'DELETE' })
}
