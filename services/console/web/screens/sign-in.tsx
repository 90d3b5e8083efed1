import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Refused } from '../api/problem.ts'
import { CodeBox } from '../parts/code.tsx'
import { Icon } from '../parts/icon.tsx'
import { signIn } from '../session.ts'
import { Brand } from '../shell/brand.tsx'

/** The door. The key goes to the console once and is never kept in the page. */
export function SignIn() {
  const field = useRef<HTMLInputElement>(null)
  const refused = useSignal<Refused | undefined>(undefined)
  const isBusy = useSignal(false)
  useEffect(() => {
    document.title = 'Sign in · Tailrace'
    field.current?.focus()
  }, [])
  async function submit(event: SubmitEvent) {
    event.preventDefault()
    isBusy.value = true
    refused.value = await signIn({ key: field.current?.value.trim() ?? '' })
    isBusy.value = false
    if (refused.value !== undefined) field.current?.select()
  }
  return (
    <div class="door">
      <div class="left">
        <header>
          <Brand />
        </header>
        <main id="main">
          <h1>Sign in to the console</h1>
          <p class="soft">
            on <span class="mono">{location.host}</span>
          </p>
          <form onSubmit={submit}>
            <label class="field">
              <span>Admin key or key with scope read</span>
              <input
                class={refused.value ? 'in mono bad' : 'in mono'}
                ref={field}
                type="password"
                name="key"
                required
                autocomplete="current-password"
                aria-invalid={refused.value !== undefined}
                aria-describedby="key-hint"
              />
            </label>
            <KeyHint refused={refused.value} />
            <div>
              <button type="submit" class="btn main" disabled={isBusy.value}>
                {isBusy.value ? 'Signing in…' : 'Sign in'}
              </button>
            </div>
          </form>
          <p class="or">or without typing</p>
          <p class="soft">
            Open the one-time link that <code>npm start</code> printed. The key itself is printed by:
          </p>
          <div class="gap-s">
            <CodeBox text="npx tailrace key" label="Command that prints the admin key" />
          </div>
        </main>
        <footer>Offline: no request leaves this host</footer>
      </div>
      <aside aria-hidden="true">
        <Channel />
      </aside>
    </div>
  )
}

function KeyHint({ refused }: { refused: Refused | undefined }) {
  if (refused !== undefined)
    return (
      <p class="hint bad row" id="key-hint" role="alert">
        <Icon name="failed" small />
        {refused.body.title}. {refused.body.detail}
      </p>
    )
  return (
    <p class="hint" id="key-hint">
      In <code>.tailrace/admin.key</code> after <code>npm start</code>; a Docker secret under compose. Kept as an
      HttpOnly cookie, never in the page.
    </p>
  )
}

const grid = Array.from({ length: 16 }, (_, index) => `M-900 ${-340.5 + 80 * index}H1700`).join('')
const columns = Array.from({ length: 28 }, (_, index) => `M${-720.5 + 80 * index} -600V1100`).join('')
const race = 'M-900 120H1700M250 120V250a70 70 0 0 0 70 70H1700'

/** The water plan: the headrace, and the tailrace that leaves it. */
function Channel() {
  return (
    <svg viewBox="0 0 760 460">
      <path class="p-axis" d={grid + columns} />
      <path class="cb" stroke-width="58" d={race} />
      <path class="cw" stroke-width="55" d={race} />
      <path
        class="current"
        d="M-900 120H1700M-900 104H1700M-900 136H1700M250 148V250a70 70 0 0 0 70 70H1700M236 148V250a84 84 0 0 0 84 84H1700M264 148V250a56 56 0 0 0 56 56H1700"
      />
      <Gate x={534} y={48} />
      <Gate x={454} y={248} />
      <text class="t" x="88" y="84">
        headrace: events in
      </text>
      <text class="t" x="330" y="372">
        tailrace: the same events out, in order
      </text>
    </svg>
  )
}

function Gate({ x, y }: { x: number; y: number }) {
  return (
    <>
      <rect class="gate-post" x={x} y={y} width="52" height="4" />
      <rect class="gate-post" x={x + 4} y={y} width="4" height="43" />
      <rect class="gate-post" x={x + 44} y={y} width="4" height="43" />
      <rect class="gate-slab up" x={x + 12} y={y + 8} width="28" height="22" />
    </>
  )
}
