import { signal } from '@preact/signals'
import { announce } from '../parts/announcer.tsx'
import { copyText } from '../parts/copy.tsx'
import { closeTopLayer, isSomethingOnTop } from '../parts/layers.ts'
import { runToastKey } from '../parts/toasts.tsx'
import { navigate } from '../router/router.ts'
import { open } from './overlays.ts'
import { places } from './places.ts'
import { singleKeys, toggleZone } from './preferences.ts'

/** Keys of the screen that is shown, by what `event.key` says; a handler returns false when it had nothing to do. */
export const screenKeys = signal<Readonly<Record<string, () => unknown>>>({})

export function forgetScreenKeys(): void {
  screenKeys.value = {}
}

/** How long after `g` the second key still counts. */
const chordMs = 1_200
let chordUntil = 0

/** Hears the keyboard. Single keys do nothing while a field has focus, and can be switched off. */
export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (handle(event)) event.preventDefault()
  })
}

function handle(event: KeyboardEvent): boolean {
  if (event.key === 'Escape') return closeTopLayer()
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return done(open('palette'))
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isSomethingOnTop()) return false
  if (!singleKeys.peek()) return false
  if (performance.now() < chordUntil) return goTo(event.key)
  if (event.key === 'g') chordUntil = performance.now() + chordMs
  return single(event.key) || moveInList(event.key)
}

function single(key: string): boolean {
  const own = screenKeys.peek()[key]
  if (own !== undefined) return own() !== false
  switch (key) {
    case '/':
      return done(open('palette'))
    case '?':
      return done(open('help'))
    case 'z':
      return done(toggleZone())
    case 'y':
      return done(copyText(location.href).then(() => announce('Link copied')))
    default:
      return runToastKey(key)
  }
}

function goTo(key: string): boolean {
  chordUntil = 0
  const place = places.find((one) => one.key === key)
  if (place === undefined) return false
  navigate(place.path)
  return true
}

/** j and k move the focus over the rows of the list; their links are opened by Enter as always. */
function moveInList(key: string): boolean {
  if (key !== 'j' && key !== 'k') return false
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[key === 'j' ? at + 1 : Math.max(0, at - 1)]
  if (next === undefined) return false
  const link = next.matches('a, button') ? next : next.querySelector<HTMLElement>('a, button')
  link?.focus()
  return true
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.matches('input:not([type=checkbox]), textarea, select') || target.isContentEditable)
  )
}

function done(_: unknown): true {
  return true
}
