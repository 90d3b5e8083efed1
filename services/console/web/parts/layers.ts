import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'

type Layer = { close: () => void }
const layers: Layer[] = []
const focusable = 'a[href], button:not([disabled]), input:not([disabled]), select, textarea, [tabindex="0"]'

/** Closes what lies on top. False when nothing does. */
export function closeTopLayer(): boolean {
  const top = layers.at(-1)
  top?.close()
  return top !== undefined
}

export const isSomethingOnTop = () => layers.length > 0

/**
 * While shown, `box` is the topmost thing: it has the focus, Tab stays in it, and its end gives focus back.
 * The focus moves before the browser paints: the first key typed after Ctrl+K belongs to the box.
 */
export function useLayer(box: RefObject<HTMLElement | null>, close: () => void): void {
  useLayoutEffect(() => {
    const before = document.activeElement
    const layer = { close }
    layers.push(layer)
    const inside = box.current
    if (inside !== null && !inside.contains(document.activeElement))
      inside.querySelector<HTMLElement>(focusable)?.focus()
    const keepInside = (event: KeyboardEvent) => inside !== null && keepTabInside(event, inside)
    inside?.addEventListener('keydown', keepInside)
    return () => {
      inside?.removeEventListener('keydown', keepInside)
      layers.splice(layers.indexOf(layer), 1)
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
}

function keepTabInside(event: KeyboardEvent, box: HTMLElement): void {
  if (event.key !== 'Tab') return
  const all = [...box.querySelectorAll<HTMLElement>(focusable)].filter((one) => one.offsetParent !== null)
  const edge = event.shiftKey ? all[0] : all.at(-1)
  if (document.activeElement !== edge) return
  event.preventDefault()
  const other = event.shiftKey ? all.at(-1) : all[0]
  other?.focus()
}
