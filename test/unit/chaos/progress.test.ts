import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkProgress } from '../../chaos/check/progress.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import { answersTo, faultLines, faultlessEvent, modeLine, parkLine, scope } from './synthetic.ts'

/** Ten events of partition 0, one a second; the one of second 5 is delivered at `atMs` only, and nothing else after it. */
function stillUntil(atMs: number): HistoryLine[] {
  return Array.from({ length: 10 }, (_, seq) => faultlessEvent('k0', seq, seq * 1e9)).flatMap((lines, seq) => {
    if (seq < 5) return lines
    const delivered = answersTo(lines, [{ atMs: atMs + seq, status: 204 }])
    return [...lines.filter(({ op }) => op !== 'receive'), ...delivered]
  })
}

const judged = async (...lines: HistoryLine[]) => checkProgress(await gatherFacts(lines), scope)

describe('the checker of progress', () => {
  it('accepts a pause of less than 30 s, and names what waits longer', async () => {
    assert.equal((await judged(...stillUntil(34_000))).holds, true)
    const { offences } = await judged(...stillUntil(36_000))
    const what = 'waited while partition 0 stood still for 31005 ms'
    assert.deepEqual(offences, [{ id: 'r-p1-k0-5', what }])
  })

  it('counts from the end of a fault', async () => {
    assert.equal((await judged(...stillUntil(60_000), ...faultLines(5_000, { wholeMs: 31_000 }))).holds, true)
    assert.equal((await judged(...stillUntil(60_000), ...faultLines(5_000, { wholeMs: 29_000 }))).holds, false)
    assert.equal((await judged(...stillUntil(60_000), ...faultLines(5_000))).holds, true)
  })

  it('lets a receiver be down, and an event wait in the retry topic', async () => {
    const outage = [modeLine(0, 'all'), modeLine(4_500, 'none'), modeLine(50_000, 'all')]
    assert.equal((await judged(...stillUntil(60_000), ...outage)).holds, true)
    const parks = [5, 6, 7, 8, 9].map((seq) => parkLine(seq * 1_000, 9_500))
    assert.equal((await judged(...stillUntil(60_000), ...parks)).holds, true)
  })

  it('takes an attempt for progress, whatever its answer', async () => {
    const tried = answersTo(faultlessEvent('k0', 5, 5e9), [{ atMs: 20_000, status: 500 }])
    assert.equal((await judged(...stillUntil(45_000), ...tried)).holds, true)
  })

  it('sees an event that is never tried, and not that nothing is published', async () => {
    const never = stillUntil(6_000).filter((line) => line.op !== 'receive' || line.arrivedNs < 5.5e9)
    const end = faultlessEvent('k1', 0, 60e9).filter(({ op }) => op === 'publish')
    assert.equal((await judged(...never, ...end)).holds, false)
    assert.equal((await judged(...stillUntil(10_000), ...end)).holds, true)
  })

  it('holds a fault to the time that it may take, where it has one', async () => {
    const within = (gapMs: number) => judged(...stillUntil(8_000), ...faultLines(4_500, { gapMs, wholeMs: 4_600 }))
    assert.equal((await within(4_000)).holds, true)
    const { offences } = await within(3_000)
    assert.match(offences[0]?.what ?? '', /^no delivery of one partition for 3505 ms after it, 3000 ms at most$/)
  })
})
