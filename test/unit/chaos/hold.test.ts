import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkHold } from '../../chaos/check/hold.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import { answersTo, faultLines, faultlessEvent, modeLine, scope } from './synthetic.ts'

/** Events that are published before the outage from 1 s to 30 s, one every 10 ms. */
const events = Array.from({ length: 40 }, (_, seq) => faultlessEvent('k0', seq, seq * 10e6))
const published = events.flatMap((lines) => lines.filter(({ op }) => op !== 'receive'))
const outage = [modeLine(0, 'all'), modeLine(1_000, 'none'), modeLine(30_000, 'all')]

const tried = (seq: number, atMs: number, status = 503, sender: number | null = 1) =>
  answersTo(events[seq] ?? [], [{ atMs, status, sender }])

/** Ten events fail within a second, all of one process. */
const evidence = Array.from({ length: 10 }, (_, seq) => tried(seq, 1_100 + seq * 100)).flat()
const probes = [7_000, 12_000, 17_000, 22_000, 27_000].flatMap((atMs, index) => tried(10 + index, atMs))
const back = tried(20, 32_000, 204)

const judged = async (...lines: HistoryLine[]) =>
  checkHold(await gatherFacts([...published, ...outage, ...lines]), scope)

describe('the checker of holds', () => {
  it('accepts probes, and what comes within a probe period of the return', async () => {
    const { holds, judged: cases } = await judged(...evidence, ...probes, ...back)
    assert.deepEqual([holds, cases], [true, 2])
  })

  it('sees a request beside the probes, and that a second process has its own', async () => {
    const { offences } = await judged(...evidence, ...probes, ...tried(30, 13_000), ...back)
    const what = 'sent 1000 ms after a request of the same process to a receiver that was down'
    assert.deepEqual(offences, [{ id: 'r-p1-k0-30', what }])
    assert.equal((await judged(...evidence, ...probes, ...tried(30, 13_000, 503, 2), ...back)).holds, true)
  })

  it('allows what was under way, and asks for nothing where one event alone fails', async () => {
    const underWay = Array.from({ length: 20 }, (_, index) => tried(12 + index, 2_050 + index)).flat()
    assert.equal((await judged(...evidence, ...underWay, ...probes, ...back)).holds, true)
    const alone = Array.from({ length: 30 }, (_, index) => tried(1, 2_000 + index * 500)).flat()
    assert.equal((await judged(...alone, ...back)).holds, true)
  })

  it('sees that nothing comes in time after the return, but not where a fault lies in the way', async () => {
    const late = tried(20, 38_000, 204)
    const { offences } = await judged(...evidence, ...probes, ...late)
    const what = 'waited, and the first delivery came 8000 ms after the return of its receiver'
    assert.deepEqual(offences, [{ id: 'r-p1-k0-0', what }])
    assert.equal((await judged(...evidence, ...probes, ...late, ...faultLines(29_000))).holds, true)
  })

  it('takes an answer that never came for a failure when its connection ended', async () => {
    const silent = Array.from({ length: 10 }, (_, seq) =>
      answersTo(events[seq] ?? [], [{ atMs: 9_000 + seq, arrivedNs: 1_100e6, status: 0 }]),
    ).flat()
    assert.equal((await judged(...silent, ...tried(20, 9_500, 0), ...back)).holds, true)
    const { offences } = await judged(...silent, ...tried(20, 11_000, 0), ...tried(21, 12_000, 0), ...back)
    assert.deepEqual(
      offences.map(({ id }) => id),
      ['r-p1-k0-21'],
    )
  })

  it('judges no receiver that says nothing of itself', async () => {
    const facts = await gatherFacts([...published, ...evidence, ...probes])
    assert.equal(checkHold(facts, scope).judged, 0)
  })
})
