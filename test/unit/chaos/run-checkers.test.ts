import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAcknowledgement } from '../../chaos/check/acknowledgement.ts'
import { checkBadInput } from '../../chaos/check/bad-input.ts'
import { type Facts, gatherFacts } from '../../chaos/check/facts.ts'
import { checkGracefulStop } from '../../chaos/check/graceful-stop.ts'
import { checkIdempotentAnswers } from '../../chaos/check/idempotent-answers.ts'
import { judge, judgeRun } from '../../chaos/check/judge.ts'
import { checkSafeWiring } from '../../chaos/check/safe-wiring.ts'
import type { Verdict } from '../../chaos/check/verdict.ts'
import type { BadRequestLine, ExitLine, HistoryLine, PublishLine, TwinLine, WiringLine } from '../../chaos/history.ts'
import { altered, faultLines, faultlessEvent, faultlessRun, scope } from './synthetic.ts'

const seen = (atMs: number) => ({ run: 'r', actor: 'driver', ns: atMs * 1e6 })

const judged = async (check: (facts: Facts) => Verdict, ...lines: HistoryLine[]) => check(await gatherFacts(lines))

const whats = ({ offences }: Verdict) => offences.map(({ what }) => what)

/** One request for an event that was sent at 10 s, and how it ended 5 ms later. */
function request(change: Partial<PublishLine>): HistoryLine[] {
  const lines = faultlessEvent('k0', 0, 10e9)
  const asked = altered(lines, { op: 'publish', id: 'r-p1-k0-0' }, (line) => ({ ...line, ns: 10.005e9, ...change }))
  return change.outcome === 'acknowledged' ? asked : asked.filter(({ op }) => op === 'publish')
}

describe('the checker of acknowledgements', () => {
  const minority = faultLines(9_000, { victim: 'kafka-1 kafka-3', undoneMs: 15_000, wholeMs: 20_000 })
  const refused = { outcome: 'refused', status: 503, code: 'kafka-unavailable' } as const

  it('accepts refusals of a minority, and acknowledgements before and after it', async () => {
    const { holds, judged: cases } = await judged(checkAcknowledgement, ...request(refused), ...minority)
    assert.deepEqual([holds, cases], [true, 1])
    const outside = [...request({ outcome: 'acknowledged', ns: 15.1e9 }), ...minority]
    assert.equal((await judged(checkAcknowledgement, ...outside)).judged, 0)
  })

  it('accepts that a repeated request hears that the first one is under way', async () => {
    const repeated = { outcome: 'refused', status: 409, code: 'idempotency-in-progress' } as const
    assert.equal((await judged(checkAcknowledgement, ...request(repeated), ...minority)).holds, true)
  })

  it('sees an acknowledgement, and any answer but 503', async () => {
    const acknowledged = [...request({ outcome: 'acknowledged' }), ...minority]
    const [what = ''] = whats(await judged(checkAcknowledgement, ...acknowledged))
    assert.match(what, /^acknowledged 1005 ms after/)
    const silent = [...request({ outcome: 'unknown', status: null }), ...minority]
    const [other = ''] = whats(await judged(checkAcknowledgement, ...silent))
    assert.match(other, /^answered nothing/)
  })

  it('accepts the acknowledgement of what was stored before', async () => {
    const stored = altered(request({ outcome: 'acknowledged' }), { op: 'log', id: 'r-p1-k0-0' }, (line) => ({
      ...line,
      ns: 8e9,
    }))
    assert.equal((await judged(checkAcknowledgement, ...stored, ...minority)).holds, true)
  })

  it('judges one lost broker, and a fault whose end nobody knows, not at all', async () => {
    const acknowledged = request({ outcome: 'acknowledged' })
    const one = faultLines(9_000, { victim: 'kafka-1', undoneMs: 15_000 })
    const all = faultLines(9_000, { victim: 'kafka-1 kafka-2 kafka-3' })
    for (const fault of [one, all])
      assert.equal((await judged(checkAcknowledgement, ...acknowledged, ...fault)).judged, 0)
  })
})

describe('the checker of graceful stops', () => {
  const exit = (endedMs: number, more: Partial<ExitLine> = {}): HistoryLine => ({
    ...{ op: 'exit', ...seen(endedMs), victim: 'producer-1', signal: 'SIGTERM', askedNs: 9_000e6 },
    ...more,
  })
  const failed = { outcome: 'refused', status: 503, code: 'stopping' } as const
  const asked = faultLines(9_000, { fault: 'term-producer', victim: 'producer-1', wholeMs: 12_000 })

  it('accepts a stop within 30 s in which nothing fails', async () => {
    const { holds, judged: cases } = await judged(checkGracefulStop, ...request({}), exit(11_000), ...asked)
    assert.deepEqual([holds, cases], [true, 1])
  })

  it('sees a stop that takes longer, and a request that fails meanwhile', async () => {
    assert.deepEqual(whats(await judged(checkGracefulStop, exit(40_000))), ['ended 31000 ms after it was asked to'])
    assert.deepEqual(whats(await judged(checkGracefulStop, ...request(failed), exit(11_000), ...asked)), [
      'refused: 503 stopping while producer-1 stopped',
    ])
  })

  it('blames it for no failure that another fault explains, nor for one before or long after it', async () => {
    const other = faultLines(8_000, { fault: 'kill-everything', wholeMs: 10_500 })
    assert.equal((await judged(checkGracefulStop, ...request(failed), exit(11_000), ...other)).holds, true)
    assert.equal((await judged(checkGracefulStop, ...request(failed), exit(9_400))).holds, true)
    assert.equal((await judged(checkGracefulStop, ...request(failed), exit(40_000, { askedNs: 11e9 }))).holds, true)
  })

  it('judges no process that was killed', async () => {
    assert.equal((await judged(checkGracefulStop, ...request(failed), exit(11_000, { signal: 'SIGKILL' }))).judged, 0)
  })
})

describe('the checker of equal requests', () => {
  const id = 'r-twins-k0-0'
  const place = { topic: 'orders', partition: 0, offset: 7 }
  const twin = (change: Partial<TwinLine> = {}): TwinLine => ({
    ...{ op: 'twin', ...seen(20), actor: 'shop', idempotencyKey: 'one', id, bodySha256: 'a', status: 202, code: null },
    ...{ answeredId: 'e1', position: place, dedup: 'checked', sentNs: 10e6 },
    ...change,
  })
  const record = altered(faultlessEvent('k0', 0, 10e6, 'twins'), { op: 'receive', id }, () => undefined)
  const refused = { answeredId: null, position: null }
  const other = twin({ bodySha256: 'b', status: 422, sentNs: 15e6, ...refused })
  const of = (...twins: HistoryLine[]) => judged(checkIdempotentAnswers, ...record, ...twins)

  it('accepts one answer for all, 409 meanwhile, and 422 for another body', async () => {
    const busy = twin({ status: 409, sentNs: 11e6, ...refused })
    const { holds, judged: cases } = await of(twin(), twin({ sentNs: 12e6 }), busy, other)
    assert.deepEqual([holds, cases], [true, 1])
  })

  it('sees two ids, two places, two records', async () => {
    assert.deepEqual(whats(await of(twin(), twin({ answeredId: 'e2', sentNs: 11e6 }))), ['2 ids under the key one'])
    const elsewhere = twin({ position: { ...place, offset: 8 }, sentNs: 11e6 })
    assert.deepEqual(whats(await of(twin(), elsewhere)), ['2 places under the key one'])
    const [, log] = faultlessEvent('k0', 0, 10e6, 'twins')
    const again = { ...log, offset: 99 } as HistoryLine
    assert.deepEqual(whats(await of(twin(), twin({ sentNs: 11e6 }), again)), ['2 records under the key one'])
  })

  it('sees another body that is taken, and an equal one that is refused', async () => {
    assert.deepEqual(whats(await of(twin(), twin({ bodySha256: 'b', sentNs: 11e6 }))), [
      'another body was acknowledged under the key one',
    ])
    assert.deepEqual(whats(await of(twin(), twin({ status: 422, sentNs: 11e6, ...refused }))), [
      'an equal request was answered 422 under the key one',
    ])
  })

  it('takes the key of another publisher for another one', async () => {
    const theirs = twin({ actor: 'crm', id: 'r-twins-k1-0', bodySha256: 'c', status: 422, ...refused })
    assert.deepEqual(whats(await of(twin(), theirs)), ['an equal request was answered 422 under the key one'])
  })

  it('judges nothing that was not checked, or where the memory died', async () => {
    assert.equal((await of(twin(), twin({ answeredId: 'e2', dedup: 'unavailable' }))).judged, 0)
    const gone = faultLines(12, { fault: 'kill-redis', victim: 'redis' })
    assert.equal((await of(twin(), twin({ answeredId: 'e2' }), ...gone)).judged, 0)
  })
})

describe('the checker of bad input', () => {
  const bad = (change: Partial<BadRequestLine> = {}): HistoryLine => ({
    ...{ op: 'bad-request', ...seen(100), id: 'r-bad-k0-0', what: 'half a JSON', status: 400, code: 'event-invalid' },
    ...change,
  })
  const pids = (atMs: number, producer: number): HistoryLine => ({
    ...{ op: 'processes', ...seen(atMs), pids: { 'producer-1': producer } },
  })

  it('accepts a 4xx that leaves nothing behind', async () => {
    const { holds, judged: cases } = await judged(checkBadInput, pids(0, 7), bad(), pids(200, 7), ...faultlessRun(1, 3))
    assert.deepEqual([holds, cases], [true, 1])
  })

  it('sees another answer, a record, and a process that ended', async () => {
    assert.deepEqual(whats(await judged(checkBadInput, bad({ status: 500 }))), ['half a JSON was answered 500'])
    assert.deepEqual(whats(await judged(checkBadInput, bad({ status: null }))), ['half a JSON was answered nothing'])
    assert.deepEqual(whats(await judged(checkBadInput, bad({ id: 'r-p1-k0-2' }), ...faultlessRun(1, 3))), [
      'half a JSON was stored at tailrace.events.orders/0/8',
    ])
    assert.deepEqual(whats(await judged(checkBadInput, pids(0, 7), bad(), pids(200, 9))), ['was process 7 and is 9'])
  })

  it('blames it for nothing that a fault did', async () => {
    const fault = faultLines(50, { victim: 'producer-1', wholeMs: 150 })
    assert.equal((await judged(checkBadInput, pids(0, 7), bad({ status: null }), pids(200, 9), ...fault)).holds, true)
  })
})

describe('the checker of wiring', () => {
  const wiring = (change: Partial<WiringLine> = {}): HistoryLine => ({
    ...{ op: 'wiring', ...seen(0), stream: 'orders', unsafe: null, phase: 'active', status: 202 },
    ...change,
  })
  const unsafe = 'min.insync.replicas 1'

  it('accepts a safe topic that takes events, and an unsafe one that is failed and takes none', async () => {
    const failed = wiring({ unsafe, phase: 'failed', status: 503 })
    const { holds, judged: cases } = await judged(checkSafeWiring, wiring(), failed)
    assert.deepEqual([holds, cases], [true, 2])
  })

  it('sees an unsafe one that is active, or takes events, and a safe one that does not', async () => {
    assert.deepEqual(whats(await judged(checkSafeWiring, wiring({ unsafe, status: 503 }))), [
      `a stream with ${unsafe} is active`,
    ])
    assert.deepEqual(whats(await judged(checkSafeWiring, wiring({ unsafe, phase: 'failed' }))), [
      `a stream with ${unsafe} answers 202`,
    ])
    assert.deepEqual(whats(await judged(checkSafeWiring, wiring({ status: 503 }))), [
      'a stream whose topic is safe answers 503',
    ])
  })
})

describe('the checker of clocks', () => {
  const of = async (...lines: HistoryLine[]) => {
    const facts = await gatherFacts(lines)
    const verdicts = judgeRun(facts, [judge(facts, scope, 0)]).verdicts
    return verdicts.find(({ invariant }) => invariant === 'I17')
  }
  const lost = altered(faultlessRun(1, 10), { op: 'receive', id: 'r-p1-k0-5' }, () => undefined)
  const jump = faultLines(10, { fault: 'clock-ahead', wholeMs: 20 })

  it('finds what the others find, and says so only where a clock jumped', async () => {
    assert.equal((await of(...faultlessRun(1, 10), ...jump))?.holds, true)
    const broken = await of(...lost, ...jump)
    assert.deepEqual(
      broken?.offences.map(({ id }) => id),
      ['I1'],
    )
    assert.deepEqual([(await of(...lost))?.holds, (await of(...lost))?.judged], [true, 0])
  })
})
