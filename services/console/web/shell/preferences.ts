import { computed, effect, signal } from '@preact/signals'
import type { Zone } from '../words/times.ts'

/** What a reader chose for this browser. `theme` null: as the system says. */
export const theme = signal<'light' | 'dark' | null>(stored('theme', ['light', 'dark']))
export const zone = signal<Zone>(stored('zone', ['local', 'utc']) ?? 'local')
/** Whether single keys do something. */
export const singleKeys = signal(stored('single-keys', ['on', 'off']) !== 'off')

const systemIsDark = matchMedia('(prefers-color-scheme: dark)')
const isSystemDark = signal(systemIsDark.matches)
/** Which theme is shown, whoever chose it. */
export const isDark = computed(() => (theme.value === null ? isSystemDark.value : theme.value === 'dark'))

/** Keeps the choices, and puts the theme on the page. */
export function startPreferences(): void {
  const wanted = new URLSearchParams(location.search).get('theme')
  if (wanted === 'light' || wanted === 'dark') theme.value = wanted
  effect(() => {
    if (theme.value === null) delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    keep('theme', theme.value)
  })
  systemIsDark.addEventListener('change', ({ matches }) => {
    isSystemDark.value = matches
  })
  effect(() => keep('zone', zone.value))
  effect(() => keep('single-keys', singleKeys.value ? 'on' : 'off'))
}

export function toggleTheme(): void {
  theme.value = isDark.value ? 'light' : 'dark'
}

export function toggleZone(): void {
  zone.value = zone.value === 'local' ? 'utc' : 'local'
}

function stored<T extends string>(name: string, allowed: readonly T[]): T | null {
  const value = localStorage.getItem(`tailrace.${name}`)
  return allowed.find((one) => one === value) ?? null
}

function keep(name: string, value: string | null): void {
  if (value === null) localStorage.removeItem(`tailrace.${name}`)
  else localStorage.setItem(`tailrace.${name}`, value)
}
