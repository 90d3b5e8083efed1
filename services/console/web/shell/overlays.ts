import { signal } from '@preact/signals'

export type Overlay = 'palette' | 'help' | 'account' | 'more'

/** What lies over the page, opened from anywhere; one at a time. */
export const overlay = signal<Overlay | null>(null)

export function open(name: Overlay): void {
  overlay.value = name
}

export function close(): void {
  overlay.value = null
}
