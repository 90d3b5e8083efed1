import { signal } from '@preact/signals'

/** The one clock of the page, milliseconds since 1970; moves once a second while the page is visible. */
export const now = signal(Date.now())

export function startClock(): void {
  const tick = () => {
    if (document.visibilityState === 'visible') now.value = Date.now()
  }
  setInterval(tick, 1_000)
  document.addEventListener('visibilitychange', tick)
}
