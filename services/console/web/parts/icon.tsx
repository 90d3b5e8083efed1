import type { Look } from '../words/states.ts'
import type { IconName } from './sprite.tsx'

/** A drawing without words; what it means always stands beside it. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg class={small ? 'i i-s' : 'i'} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  )
}

/** A state: glyph, word, then colour. */
export function StateMark({
  look,
  children,
  small = false,
}: {
  look: Look
  children?: preact.ComponentChildren
  small?: boolean
}) {
  return (
    <span class={`st ${look.tone}`}>
      <Icon name={look.icon} small={small} />
      {children ?? look.word}
    </span>
  )
}
