import type { ComponentChildren } from 'preact'
import { CodeBox } from './code.tsx'

type Props = { title: string; command?: string; children: ComponentChildren }

/** Nothing to show: what would be here, why it is not, and the next command. */
export function Empty({ title, command, children }: Props) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {command && <CodeBox text={command} label="Next command" />}
    </div>
  )
}

const widths = ['w3', 'w2', 'w4', 'w1'] as const

/** Grey bars where rows will be; shown only after a moment, so quick answers do not flicker. */
export function LoadingRows({ rows = 6, columns }: { rows?: number; columns: number }) {
  return (
    <>
      {Array.from({ length: rows }, (_, row) => (
        <tr key={row} class="loading" aria-hidden="true">
          {Array.from({ length: columns }, (_, column) => (
            <td key={column}>
              <div class={`skel ${widths[(row + column) % widths.length]}`} />
            </td>
          ))}
        </tr>
      ))}
    </>
  )
}

/** The same in a panel that is no table. */
export function LoadingPanel() {
  return (
    <div class="panel pad loading stack-3" aria-hidden="true">
      <div class="skel w2" />
      <div class="skel w4" />
      <div class="skel w3" />
    </div>
  )
}
