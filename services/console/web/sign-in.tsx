import { signal } from '@preact/signals'
import { type Refusal, type Session, signIn } from './session.ts'

const refusal = signal<Refusal | null>(null)
const busy = signal(false)

/** Asks for a key; it goes to the server once and is never kept in the page. */
export function SignIn({ onSession }: { onSession: (session: Session) => void }) {
  async function submit(event: SubmitEvent) {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get('key'))
    busy.value = true
    const answer = await signIn({ key })
    busy.value = false
    refusal.value = 'title' in answer ? answer : null
    if ('keyId' in answer) onSession(answer)
  }
  return (
    <main>
      <h1>Sign in to the console</h1>
      <form onSubmit={submit}>
        <label>
          <span>Admin key or key with scope read</span>
          <input
            name="key"
            type="password"
            autocomplete="current-password"
            required
            aria-invalid={refusal.value !== null}
          />
        </label>
        <p>
          In <code>.tailrace/admin.key</code> after <code>npm start</code>. Kept as an HttpOnly cookie, never in the
          page.
        </p>
        <button type="submit" disabled={busy.value}>
          Sign in
        </button>
        <p role="alert">{refusal.value === null ? null : `${refusal.value.title}. ${refusal.value.detail}`}</p>
      </form>
    </main>
  )
}
