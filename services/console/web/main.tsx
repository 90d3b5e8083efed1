import { signal } from '@preact/signals'
import { render } from 'preact'
import { currentSession, type Session, signIn, signOut } from './session.ts'
import { SignIn } from './sign-in.tsx'
import './tokens.css'

const session = signal<Session | null>(null)

function App() {
  if (session.value === null) return <SignIn onSession={(next) => (session.value = next)} />
  return (
    <main>
      <h1>Tailrace</h1>
      <p>Signed in as {session.value.name}.</p>
      <button type="button" onClick={() => signOut().then(() => (session.value = null))}>
        Sign out
      </button>
    </main>
  )
}

/** The ticket of a one-time link stands behind the #, which no server and no log sees; it leaves the address at once. */
async function sessionOfLink(): Promise<Session | null> {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket')
  if (ticket === null) return null
  history.replaceState(null, '', location.pathname + location.search)
  const answer = await signIn({ ticket })
  return 'keyId' in answer ? answer : null
}

session.value = (await sessionOfLink()) ?? (await currentSession())
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
