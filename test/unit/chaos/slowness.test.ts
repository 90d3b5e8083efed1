import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { slowness } from '../../chaos/faults/slowness.ts'
import type { HistoryLine, PublishLine } from '../../chaos/history.ts'
import { faultLines, faultlessEvent } from './synthetic.ts'

/** Ten requests a second from `fromMs` on; every one is answered after `tookMs`. */
const requests = (fromMs: number, tookMs: number, count = 11): HistoryLine[] =>
  Array.from({ length: count }, (_, index) => fromMs + 100 * index).flatMap((atMs) =>
    faultlessEvent('k0', atMs, atMs * 1e6)
      .filter((line): line is PublishLine => line.op === 'publish')
      .map((line) => ({ ...line, ns: (atMs + tookMs) * 1e6 })),
  )

describe('how slow the door was', () => {
  it('is told of the time of a fault beside the time before it', async () => {
    const fault = faultLines(5_000, { fault: 'slow-wire', wholeMs: 9_000 })
    const facts = await gatherFacts([...requests(0, 5), ...fault, ...requests(5_000, 120), ...requests(9_500, 7)])
    assert.equal(
      slowness(facts, 'slow-wire').text,
      'slow-wire: acknowledged 11/s with p50 120, p99 120 ms; before 11/s with p50 5, p99 5 ms',
    )
  })

  it('leaves out what was not acknowledged', async () => {
    const [first, ...others] = requests(5_000, 120)
    const refused: HistoryLine[] = first?.op === 'publish' ? [{ ...first, ns: 9e9, outcome: 'refused' }] : []
    const lines = [...requests(0, 5), ...faultLines(5_000, { fault: 'slow-wire', wholeMs: 9_000 })]
    const facts = await gatherFacts([...lines, ...refused, ...others])
    assert.match(slowness(facts, 'slow-wire').text, /p99 120 ms; before/)
  })
})
