import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type StepCost, tableOf } from '../../chaos/mix/report.ts'

const step = (fault: string, gapMs: number, ...repeats: [number, number][]): StepCost => ({
  ...{ fault, ackMs: gapMs, deliveryMs: 2 * gapMs, partitionMs: 3 * gapMs },
  repeats: repeats.map(([count, most]) => ({ count, most })),
})

describe('the table of a mixed run', () => {
  it('has a line per kind of fault with the gaps, the repeats and the step nearest to its bound', () => {
    const steps = [step('none', 5, [0, 0]), step('kill-consumer', 100, [3, 100], [10, 200])]
    const lines = tableOf([...steps, step('kill-consumer', 300, [9, 100], [0, 200])]).split('\n')
    assert.deepEqual(
      lines.slice(1).map((line) => line.split(/ {2,}/)),
      [
        [
          'kill-consumer',
          '2',
          'median 100, most 300',
          'median 200, most 600',
          'median 300, most 900',
          '22',
          '9 of 100',
        ],
        ['none', '1', 'median 5, most 5', 'median 10, most 10', 'median 15, most 15', '0', '0 of 0'],
      ],
    )
  })
})
