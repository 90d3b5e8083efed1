import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { falseAcks } from '../../chaos/faults/false-acks.ts'
import type { HistoryLine, PublishLine } from '../../chaos/history.ts'
import { faultlessEvent } from './synthetic.ts'

const seen = (ms: number) => ({ run: 'r', actor: 'driver', ns: ms * 1e6 })
const down: HistoryLine = { op: 'fault', ...seen(1_000), fault: 'down', victim: 'kafka-1 kafka-2' }
const back: HistoryLine = { op: 'undone', ...seen(2_000) }

/** One request and its answer. */
function request(seq: number, sentMs: number, answeredMs: number, outcome: PublishLine['outcome']): HistoryLine[] {
  return faultlessEvent('k', seq, 0).flatMap((line): HistoryLine[] =>
    line.op === 'publish' ? [{ ...line, sentNs: sentMs * 1e6, ns: answeredMs * 1e6, outcome }] : [],
  )
}

const figureOf = async (...requests: HistoryLine[][]) =>
  falseAcks(await gatherFacts([down, back, ...requests.flat()]), 'down')

describe('acknowledgements while one broker of three is left', () => {
  it('are none when what was sent meanwhile was refused or waited for the return', async () => {
    const { text, complaints } = await figureOf(
      request(0, 900, 1_100, 'acknowledged'),
      request(1, 1_100, 1_600, 'refused'),
      request(2, 1_700, 2_400, 'acknowledged'),
    )
    assert.deepEqual(complaints, [])
    assert.match(text, /^1 requests answered meanwhile, 0 of them acknowledged; first acknowledgement 400 ms after/)
  })

  it('are named when there is one', async () => {
    const { complaints } = await figureOf(request(0, 1_100, 1_200, 'acknowledged'))
    assert.deepEqual(complaints, ['I12: r-p1-k-0 was acknowledged by one broker of three'])
  })

  it('are not proven absent when nobody asked', async () => {
    const { complaints } = await figureOf(request(0, 2_100, 2_200, 'acknowledged'))
    assert.deepEqual(complaints, ['I12: nobody was answered meanwhile'])
  })
})
