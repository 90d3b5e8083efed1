import { signal } from '@preact/signals'

const words = signal('')

/** Says something to those who listen to the page instead of seeing it. */
export function announce(text: string): void {
  words.value = ''
  queueMicrotask(() => {
    words.value = text
  })
}

export function Announcer() {
  return (
    <p class="vh" role="status" aria-live="polite">
      {words.value}
    </p>
  )
}
