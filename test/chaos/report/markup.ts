/** Text of an element or of an attribute in double quotes. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** One column of an HTML table; `cell` is markup. */
export type HtmlColumn<Row> = { head: string; isNumber?: boolean; cell(row: Row): string }

/** Rows under their heads, in a box of their own that scrolls when they are too wide. */
export function htmlTable<Row>(columns: readonly HtmlColumn<Row>[], rows: readonly Row[]): string {
  const sideOf = ({ isNumber = false }: HtmlColumn<Row>) => (isNumber ? ' class="n"' : '')
  const head = columns.map((column) => `<th${sideOf(column)}>${escaped(column.head)}</th>`).join('')
  const lines = rows.map(
    (row) => `<tr>${columns.map((column) => `<td${sideOf(column)}>${column.cell(row)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table></div>`
}

/** Whether something holds: a sign and a word, the colour comes last. */
export const mark = (holds: boolean, word: string): string =>
  `<span class="${holds ? 'ok' : 'bad'}">${holds ? '✓' : '✗'} ${escaped(word)}</span>`
