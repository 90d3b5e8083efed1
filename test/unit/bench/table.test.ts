import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Column, figure, table } from '../../bench/table.ts'

describe('a table of figures', () => {
  it('is as wide as the longest cell, with numbers to the right and nothing behind the last cell', () => {
    const columns: Column<{ name: string; rate: number }>[] = [
      { head: 'scenario', cell: ({ name }) => name, align: 'left' },
      { head: 'rate', cell: ({ rate }) => figure(rate, 0), align: 'right' },
      { head: 'note', cell: () => '', align: 'left' },
    ]
    const rows = [
      { name: 'a', rate: 12_345 },
      { name: 'longer-name', rate: 7 },
    ]
    assert.equal(
      table(columns, rows),
      ['scenario       rate  note', 'a            12,345', 'longer-name       7'].join('\n'),
    )
  })

  it('shows a dash for what was not measured', () => {
    assert.deepEqual([figure(null, 1), figure(Number.NaN, 1), figure(1 / 0, 1), figure(0, 1)], ['–', '–', '–', '0.0'])
  })
})
