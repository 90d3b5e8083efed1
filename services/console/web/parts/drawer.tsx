import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { useLayer } from './layers.ts'

type Props = {
  title: string
  text?: ComponentChildren
  onClose: () => void
  children: ComponentChildren
  footer?: ComponentChildren
}

/** What lies over the page at its right side. Esc closes it and gives focus back. */
export function Drawer({ title, text, onClose, children, footer }: Props) {
  const box = useRef<HTMLDivElement>(null)
  useLayer(box, onClose)
  return (
    <>
      <div class="scrim" onClick={onClose} aria-hidden="true" />
      <div class="drawer" role="dialog" aria-modal="true" aria-labelledby="drawer-title" ref={box}>
        <div class="dh">
          <div class="grow">
            <h2 id="drawer-title">{title}</h2>
            {text && <p class="muted">{text}</p>}
          </div>
          <button type="button" class="ib" aria-label="Close" onClick={onClose}>
            <Icon name="x" />
          </button>
        </div>
        <div class="body" tabIndex={-1}>
          {children}
        </div>
        {footer && <div class="df">{footer}</div>}
      </div>
    </>
  )
}

/** Gives focus to its first field when it appears. */
export function useFocusOnShow() {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  return field
}
