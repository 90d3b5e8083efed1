import { signal } from '@preact/signals'
import type { Look } from '../words/states.ts'
import { Icon } from './icon.tsx'

export type Toast = {
  look: Pick<Look, 'icon' | 'tone'>
  title: string
  text: string
  /** A button; `key` is the single key that does the same while the toast is there. */
  action?: { label: string; key?: string; run(): void }
}
type Shown = Toast & { id: number }

const shownMs = 8_000
const toasts = signal<readonly Shown[]>([])
let lastId = 0

/** Tells what happened. Never used for an error that belongs to a field. */
export function tell(toast: Toast): void {
  lastId += 1
  const id = lastId
  toasts.value = [...toasts.value, { ...toast, id }].slice(-3)
  setTimeout(() => dismiss(id), shownMs)
}

/** Does what the newest toast with `key` offers. */
export function runToastKey(key: string): boolean {
  const found = toasts.peek().findLast(({ action }) => action?.key === key)
  if (found?.action === undefined) return false
  dismiss(found.id)
  found.action.run()
  return true
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, look, title, text, action }) => (
        <div class="toast" key={id}>
          <span class={look.tone}>
            <Icon name={look.icon} />
          </span>
          <div>
            <b>{title}</b>
            <p>{text}</p>
          </div>
          <div>
            {action && (
              <button
                type="button"
                class="btn sm"
                onClick={() => {
                  dismiss(id)
                  action.run()
                }}
              >
                {action.label}
                {action.key && <kbd>{action.key}</kbd>}
              </button>
            )}
          </div>
        </div>
      ))}
    </div>
  )
}
