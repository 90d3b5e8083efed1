import { computed, signal } from '@preact/signals'
import { get, isSignedIn, send } from './api/client.ts'
import { Refused } from './api/problem.ts'

/** Who is signed in, as `/v1/session` answers. */
export type Session = { keyId: string; name: string; scopes: string[]; expiresAt: string | null }
export type Proof = { key: string } | { ticket: string }

export const session = signal<Session | null>(null)

const implied: Readonly<Record<string, readonly string[]>> = { manage: ['operate', 'read'], operate: ['read'] }
const scopes = computed(
  () => new Set(session.value?.scopes.flatMap((scope) => [scope, ...(implied[scope] ?? [])]) ?? []),
)

/** Whether the key may do it: manage includes operate, operate includes read. Payloads need `consume` of their stream. */
export const may = (scope: 'read' | 'operate' | 'manage') => scopes.value.has(scope)
export const mayReadBodies = (stream: string) => scopes.value.has('consume:*') || scopes.value.has(`consume:${stream}`)

/** Signs in with the one-time link the page was opened by, or goes on with the cookie of this browser. */
export async function resumeSession(): Promise<Refused | undefined> {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket')
  if (ticket === null) return endingOf(get<Session>('/v1/session'))
  // What stands behind the # is seen by no server and no log; it leaves the address at once.
  history.replaceState(null, '', location.pathname + location.search)
  return signIn({ ticket })
}

export function signIn(proof: Proof): Promise<Refused | undefined> {
  return endingOf(send<Session>('POST', '/v1/session', { body: proof }))
}

/** Forgets the session here and there. @throws {Refused} when it could not; then it goes on. */
export async function signOut(): Promise<void> {
  await send('DELETE', '/v1/session')
  isSignedIn.value = false
  session.value = null
}

async function endingOf(answer: Promise<Session>): Promise<Refused | undefined> {
  try {
    session.value = await answer
    isSignedIn.value = true
    return undefined
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    isSignedIn.value = false
    return error
  }
}
