import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAnswers, type ReceiverMode } from '../../chaos/load/modes.ts'

/** The statuses that requests for these events get, one ms after the other. */
function statuses(mode: ReceiverMode, ids: readonly string[], random?: () => number): number[] {
  const answers = createAnswers(random)
  return ids.map((id, index) => answers(mode, { id, attempt: 1, count: index + 1, ns: index * 1e6 }).status)
}

const event = (key: string, seq = 0) => `r-p1-${key}-${seq}`

describe('a receiver that fails some requests', () => {
  it('fails each event of the chosen keys as often as it shall', () => {
    const mode: ReceiverMode = { kind: 'fail', of: { keys: ['k1'] }, times: 2 }
    const ids = [event('k1'), event('k2'), event('k1'), event('k1'), event('k1', 1)]
    assert.deepEqual(statuses(mode, ids), [500, 204, 500, 204, 500])
  })

  it('fails each chosen event for a time, or for ever', () => {
    const ids = Array.from({ length: 4 }, () => event('k1'))
    assert.deepEqual(statuses({ kind: 'fail', of: { keys: ['k1'] }, forMs: 2 }, ids), [500, 500, 204, 204])
    assert.deepEqual(statuses({ kind: 'fail', of: { keys: ['k1'] } }, ids), [500, 500, 500, 500])
  })

  it('chooses about its share of all events, and always the same ones', () => {
    const ids = Array.from({ length: 5000 }, (_, seq) => event('k1', seq))
    const mode: ReceiverMode = { kind: 'fail', of: { shareOfEvents: 0.02 } }
    const first = statuses(mode, ids)
    const failed = first.filter((status) => status === 500).length
    assert.ok(failed > 60 && failed < 140, `${failed} of 5000`)
    assert.deepEqual(statuses(mode, ids), first)
  })

  it('chooses about its share of all attempts, the same ones in every run', () => {
    const mode: ReceiverMode = { kind: 'fail', of: { shareOfAttempts: 0.1 } }
    const failed = (run: string, attempt: number) =>
      Array.from({ length: 5000 }, (_, seq) => seq).filter((seq) => {
        const asked = { id: `${run}-p1-k1-${seq}`, attempt, count: 1, ns: 0 }
        return createAnswers()(mode, asked).status === 500
      })
    const first = failed('a', 1)
    assert.ok(first.length > 400 && first.length < 600, `${first.length} of 5000`)
    assert.deepEqual(failed('b', 1), first)
    const again = failed('a', 2).filter((seq) => first.includes(seq))
    assert.ok(again.length > 20 && again.length < 90, `${again.length} failed twice`)
  })

  it('chooses a share of requests by chance', () => {
    const draws = [0.01, 0.9, 0.04].values()
    const random = () => draws.next().value ?? 1
    const mode: ReceiverMode = { kind: 'fail', of: { shareOfRequests: 0.05 } }
    assert.deepEqual(statuses(mode, [event('k1'), event('k1'), event('k2')], random), [500, 204, 500])
  })

  it('says what its answer shall say', () => {
    const mode: ReceiverMode = { kind: 'answer', status: 429, headers: { 'retry-after': '5' } }
    const answering = createAnswers()(mode, { id: event('k1'), attempt: 1, count: 1, ns: 0 })
    assert.deepEqual(answering, { status: 429, headers: { 'retry-after': '5' } })
  })

  it('can say that it is well and only wants the event again', () => {
    const mode: ReceiverMode = { kind: 'fail', of: { keys: ['k1'] }, asksForRetry: true }
    const answering = createAnswers()(mode, { id: event('k1'), attempt: 1, count: 1, ns: 0 })
    assert.deepEqual(answering, { status: 500, headers: { 'tailrace-outcome': 'retry' } })
  })
})
