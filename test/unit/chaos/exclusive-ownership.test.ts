import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkExclusiveOwnership } from '../../chaos/check/exclusive-ownership.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { FaultLine, HistoryLine, ReceiveLine, RetryLine } from '../../chaos/history.ts'
import { faultlessEvent, scope } from './synthetic.ts'

/** One attempt of partition 0 at `atMs` by a process. */
function attempt(seq: number, atMs: number, sender: number | null): HistoryLine[] {
  const [, , line] = faultlessEvent('k0', seq, atMs * 1e6)
  return [{ ...(line as ReceiveLine), arrivedNs: atMs * 1e6, sender }]
}

function fence(offset: number, atMs: number, owner: string): RetryLine {
  const place = { subscription: scope.subscription, topic: 'tailrace.retry.billing.u', partition: 0, offset }
  return { op: 'retry', run: 'r', actor: 'tap', ns: atMs * 1e6, owner, kind: 'fence', source: null, ...place }
}

const faultAt = (atMs: number, fault: string, victim: string): FaultLine => ({
  ...{ op: 'fault', run: 'r', actor: 'driver', ns: atMs * 1e6, fault, victim },
})

const brokerGone = (atMs: number) => faultAt(atMs, 'freeze-broker', 'kafka-2')

const takeover = [
  ...[fence(0, 0, 'a'), ...attempt(0, 2_000, 1), ...attempt(1, 9_000, 1)],
  ...[fence(1, 10_000, 'b'), ...attempt(2, 12_000, 2), ...attempt(3, 13_000, 2), ...attempt(4, 20_000, 2)],
]

const judged = async (...lines: HistoryLine[]) => checkExclusiveOwnership(await gatherFacts(lines), scope)

describe('the checker of exclusive ownership', () => {
  it('accepts that a partition goes to another process with a fence', async () => {
    const { holds, counts } = await judged(...takeover)
    assert.equal(holds, true)
    assert.deepEqual(counts, { reigns: 2, attemptsOfOwners: 5 })
  })

  it('names the attempt of a process that wakes after another one took over', async () => {
    const { offences } = await judged(...takeover, ...attempt(5, 14_000, 1))
    const what = 'delivered from partition 0 by process 1, under the fence at 1 of process 2'
    assert.deepEqual(offences, [{ id: 'r-p1-k0-5', what }])
  })

  it('gives a living owner a second to hear of the fence, and no more', async () => {
    assert.equal((await judged(...takeover, ...attempt(5, 10_900, 1))).holds, true)
    assert.equal((await judged(...takeover, ...attempt(5, 11_100, 1))).holds, false)
  })

  it('gives it 4.8 s where it may not reach Kafka', async () => {
    const whole: HistoryLine = { op: 'whole', run: 'r', actor: 'driver', ns: 30_000e6 }
    assert.equal((await judged(...takeover, ...attempt(5, 14_500, 1), brokerGone(8_000))).holds, true)
    assert.equal((await judged(...takeover, ...attempt(5, 14_900, 1), brokerGone(8_000))).holds, false)
    assert.equal((await judged(...takeover, ...attempt(5, 14_500, 1), brokerGone(20_000), whole)).holds, false)
    const cutOff = faultAt(8_000, 'docker-disconnect-consumer', 'consumer-1')
    assert.equal((await judged(...takeover, ...attempt(5, 14_500, 1), cutOff)).holds, true)
    assert.equal((await judged(...takeover, ...attempt(5, 14_900, 1), cutOff)).holds, false)
    const killed = faultAt(8_000, 'docker-kill-consumer', 'consumer-1')
    assert.equal((await judged(...takeover, ...attempt(5, 14_500, 1), killed)).holds, false)
  })

  it('takes a fence that two taps saw for one, and accepts the return of a former owner', async () => {
    const back = [fence(2, 30_000, 'a2'), ...attempt(5, 31_500, 1), fence(1, 10_000, 'b')]
    assert.equal((await judged(...takeover, ...back)).holds, true)
  })

  it('lets a job deliver beside the owner', async () => {
    const ofJob = attempt(5, 14_000, 1).map((line) => ({ ...line, job: 'job_1' }) as HistoryLine)
    assert.equal((await judged(...takeover, ...ofJob)).holds, true)
  })

  it('judges nothing between two fences where one may be that nobody saw', async () => {
    const late = [...attempt(5, 32_000, 2), ...attempt(6, 33_000, 3)]
    const { holds, counts } = await judged(...takeover, ...late, fence(3, 40_000, 'd'))
    assert.deepEqual([holds, counts.reigns], [true, 2])
    assert.equal((await judged(...takeover, ...late, fence(2, 40_000, 'd'))).holds, false)
  })

  it('judges nobody it does not know', async () => {
    const { holds, counts } = await judged(...takeover, ...attempt(5, 14_000, null))
    assert.equal(holds, true)
    assert.equal(counts.attemptsOfOwners, 5)
  })
})
