import { useSignal } from '@preact/signals'
import { shortened } from '../words/ids.ts'
import { announce } from './announcer.tsx'
import { Icon } from './icon.tsx'

const shownMs = 1_500

/** Copies `text`; says so for a moment, also to those who do not see it. */
function useCopy(text: string) {
  const isDone = useSignal(false)
  async function copy() {
    await copyText(text)
    isDone.value = true
    announce('Copied')
    setTimeout(() => (isDone.value = false), shownMs)
  }
  return { isDone, copy }
}

/** A small button behind what it copies. */
export function Copy({ text, what = text }: { text: string; what?: string }) {
  const { isDone, copy } = useCopy(text)
  return (
    <button
      type="button"
      class={isDone.value ? 'copy done' : 'copy'}
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={copy}
    >
      <Icon name={isDone.value ? 'check' : 'copy'} small />
    </button>
  )
}

/** A button with words: "Copy as curl". */
export function CopyButton({ text, label, kind = 'btn' }: { text: string; label: string; kind?: string }) {
  const { isDone, copy } = useCopy(text)
  return (
    <button type="button" class={kind} onClick={copy}>
      <Icon name={isDone.value ? 'check' : 'copy'} small />
      {isDone.value ? 'Copied' : label}
    </button>
  )
}

/** An id, shortened where it is long; the whole id is copied. */
export function Id({ id, href, most }: { id: string; href?: string; most?: number }) {
  const words = shortened(id, most)
  return (
    <span class="id" title={id}>
      {href === undefined ? (
        <span class="clip">{words}</span>
      ) : (
        <a class="link clip" href={href}>
          {words}
        </a>
      )}
      <Copy text={id} />
    </span>
  )
}

/** Plain HTTP on another host has no clipboard API: there a hidden field is copied from. */
export async function copyText(text: string): Promise<void> {
  if (isSecureContext) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'vh'
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}
