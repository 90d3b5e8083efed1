import type { ComponentChildren } from 'preact'
import { CopyButton } from './copy.tsx'

/** A command or text that can be copied as a whole. */
export function CodeBox({ text, label, children }: { text: string; label: string; children?: ComponentChildren }) {
  return (
    <div class="codebox over">
      <CopyButton text={text} label="Copy" kind="btn sm" />
      <pre class="code" tabIndex={0} role="region" aria-label={label}>
        {children ?? text}
      </pre>
    </div>
  )
}

const token = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g

/** JSON in the colours of the page: names, then values of text. */
export function JsonText({ text }: { text: string }) {
  const parts: ComponentChildren[] = []
  let end = 0
  for (const match of text.matchAll(token)) {
    const [whole, string, colon] = match
    parts.push(text.slice(end, match.index))
    if (string === undefined) parts.push(whole)
    else parts.push(<span class={colon === undefined ? 's' : 'k'}>{string}</span>, colon)
    end = match.index + whole.length
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  )
}
