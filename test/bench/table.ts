/** One column: its head, the text of a cell, and which side it keeps to. */
export type Column<Row> = { head: string; cell(row: Row): string; align: 'left' | 'right' }

/** Rows under their heads, as wide as the longest cell of each column. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)))
  const padded = (text: string, index: number) => {
    const width = widths[index] ?? 0
    return columns[index]?.align === 'right' ? text.padStart(width) : text.padEnd(width)
  }
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n')
}

/** With so many decimals; a dash where nothing was measured. */
export function figure(value: number | null, decimals: number): string {
  if (value === null || !Number.isFinite(value)) return '–'
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}
