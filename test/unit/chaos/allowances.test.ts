import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isExcused } from '../../chaos/allowances.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { HistoryLine, PublishLine } from '../../chaos/history.ts'
import { faultlessEvent } from './synthetic.ts'

const seen = (ms: number) => ({ run: 'r', actor: 'driver', ns: ms * 1e6 })

/** A fault that leaves nobody to answer, from 1,000 to 2,000 ms. */
const away: HistoryLine[] = [
  { op: 'fault', ...seen(1_000), fault: 'kill-everything', victim: 'all' },
  { op: 'whole', ...seen(2_000) },
]

const [published] = faultlessEvent('k', 0, 0).filter((line): line is PublishLine => line.op === 'publish')

function request(sentMs: number, answeredMs: number, code: string | null): PublishLine {
  assert.ok(published)
  return { ...published, sentNs: sentMs * 1e6, ns: answeredMs * 1e6, outcome: 'unknown', code }
}

async function excused(...requests: PublishLine[]): Promise<boolean[]> {
  const facts = await gatherFacts([...away, ...requests])
  return requests.map((one) => isExcused(facts, one))
}

describe('a request that was not acknowledged', () => {
  it('is excused while a fault lasts that leaves nobody to answer, and not before or after', async () => {
    const requests = [request(500, 900, null), request(900, 1_100, null), request(1_900, 2_100, null)]
    assert.deepEqual(await excused(...requests), [false, true, true])
    assert.deepEqual(await excused(request(2_100, 2_200, null)), [false])
  })

  it('is excused afterwards when it heard that the first one, which the fault left open, is under way', async () => {
    const running = request(2_100, 2_200, 'idempotency-in-progress')
    assert.deepEqual(await excused(request(1_100, 1_200, null), running), [true, true])
    assert.deepEqual(await excused(request(2_050, 2_060, null), running), [false, false])
  })

  it('is never excused when it is blamed itself: it would not be sent again', async () => {
    const refused = { ...request(1_100, 1_200, 'stream-unknown'), outcome: 'refused' as const }
    assert.deepEqual(await excused({ ...refused, status: 404 }, { ...refused, status: 503 }), [false, true])
  })
})
