import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

type Props = { label: string; children: ComponentChildren; isPadded?: boolean }

/** A box that scrolls sideways when what is in it is wider; only then it takes the focus, so that keys can scroll it. */
export function Scroll({ label, children, isPadded = false }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const overflows = useSignal(false)
  useEffect(() => {
    const inside = box.current
    if (inside === null) return undefined
    const look = () => {
      overflows.value = inside.scrollWidth > inside.clientWidth
    }
    const observer = new ResizeObserver(look)
    observer.observe(inside)
    for (const child of inside.children) observer.observe(child)
    return () => observer.disconnect()
  }, [])
  const asRegion = overflows.value
    ? { tabIndex: 0, role: 'region' as const, 'aria-label': `${label}, scrolls sideways` }
    : {}
  return (
    <div class={isPadded ? 'tw pad' : 'tw'} ref={box} {...asRegion}>
      {children}
    </div>
  )
}
