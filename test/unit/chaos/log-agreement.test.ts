import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkLogAgreement } from '../../chaos/check/log-agreement.ts'
import type { HistoryLine, PublishLine } from '../../chaos/history.ts'
import { altered, faultlessRun } from './synthetic.ts'

/** One key, ten events at the offsets 0, 4 … 36, and all of it seen by a second reader. */
const run = faultlessRun(1, 10)
const rereads = run.flatMap((line): HistoryLine[] => {
  if (line.op !== 'log') return []
  const { topic, partition, offset, id, sha256, ns } = line
  return [{ op: 'reread', run: 'r', actor: 'follower', ns, topic, partition, offset, id, sha256 }]
})
const id = 'r-p1-k0-5'
const at = 'tailrace.events.orders/0/20'

const offencesOf = async (...lines: HistoryLine[]) => checkLogAgreement(await gatherFacts(lines)).offences

/** The event stands a second time in the log, and these requests for it came before the acknowledged one. */
const again = (outcomes: readonly PublishLine['outcome'][]): HistoryLine[] => [
  ...run.flatMap((line) =>
    line.op === 'publish' && line.id === id ? [...outcomes.map((outcome) => ({ ...line, outcome })), line] : line,
  ),
  ...run.flatMap((line) => (line.op === 'log' && line.id === id ? [{ ...line, offset: 100 }] : [])),
]

describe('the checker of the log', () => {
  it('accepts that two readers see the same, also when one of them stopped early', async () => {
    const facts = await gatherFacts([...run, ...rereads.slice(0, 7)])
    const { holds, judged, counts } = checkLogAgreement(facts)
    assert.deepEqual([holds, judged, counts.comparedPlaces], [true, 10, 7])
  })

  it('names what the end of the run has in another place, with another body, or not at all', async () => {
    const of = (change: object) =>
      rereads.map((line) => ('id' in line && line.id === id ? { ...line, ...change } : line))
    assert.deepEqual(await offencesOf(...run, ...(of({ sha256: 'x' }) as HistoryLine[])), [
      { id, what: `has another body at ${at} in the end` },
    ])
    assert.deepEqual(await offencesOf(...run, ...(of({ id: 'r-p1-k0-6' }) as HistoryLine[])), [
      { id: 'r-p1-k0-6', what: `was seen at ${at}, where ${id} is in the end` },
    ])
    const gone = altered(run, { op: 'log', id }, () => undefined)
    assert.deepEqual(await offencesOf(...gone, ...rereads), [
      { id, what: `was seen at ${at}, where nothing is in the end` },
    ])
  })

  it('names what is there in the end though it was read past', async () => {
    const without = altered(rereads, { op: 'reread', id }, () => undefined)
    assert.deepEqual(await offencesOf(...run, ...without), [
      { id, what: `is at ${at} in the end, which was read past without it` },
    ])
  })

  it('allows one more record for each unknown outcome, and none for a refusal', async () => {
    assert.deepEqual(await offencesOf(...again(['unknown'])), [])
    const what = 'stands 2 times in the log: 0 of its requests have no known outcome'
    assert.deepEqual(await offencesOf(...again(['refused'])), [{ id, what }])
    assert.deepEqual(await offencesOf(...again([])), [{ id, what }])
  })

  it('compares nothing where the log was not read', async () => {
    const { holds, judged } = checkLogAgreement(await gatherFacts(rereads))
    assert.deepEqual([holds, judged], [true, 0])
  })
})
