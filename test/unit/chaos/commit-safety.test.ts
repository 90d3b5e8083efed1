import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkCommitSafety } from '../../chaos/check/commit-safety.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { CommitLine, HistoryLine, RetryLine } from '../../chaos/history.ts'
import { altered, faultlessRun, scope } from './synthetic.ts'

const topic = 'tailrace.events.orders'
const retryTopic = 'tailrace.retry.billing.k3v9q2'
const stepNs = 1e6

/** One key, ten events at the offsets 0, 4 … 36; each is delivered 3 ms after its offset in ms. */
const run = faultlessRun(1, 10)
const deliveredMs = (offset: number) => offset + 3
const heldBack = altered(run, { op: 'receive', id: 'r-p1-k0-5' }, () => undefined)

function committed(offset: number, atMs: number, more: Partial<CommitLine> = {}): CommitLine {
  const place = { subscription: scope.subscription, topic, partition: 0, offset }
  return { op: 'commit', run: 'r', actor: 'sampler', ns: atMs * stepNs, finished: [], isLast: false, ...place, ...more }
}

/** A record of the event at offset 20 of the stream. */
function retried(kind: RetryLine['kind'], offset: number, atMs: number): RetryLine {
  const place = { subscription: scope.subscription, topic: retryTopic, partition: 0, offset }
  const source = kind === 'fence' ? null : { topic, partition: 0, offset: 20 }
  return { op: 'retry', run: 'r', actor: 'tap', ns: atMs * stepNs, owner: 'me', kind, source, ...place }
}

const verdictOf = async (...lines: HistoryLine[]) => checkCommitSafety(await gatherFacts(lines), scope)

const judged = async (...lines: HistoryLine[]) => (await verdictOf(...lines)).offences

describe('the checker of commits', () => {
  it('accepts commits that follow the deliveries', async () => {
    const samples = [0, 4, 8, 12].map((offset) => committed(offset, deliveredMs(offset)))
    assert.deepEqual(await judged(...run, ...samples, committed(37, 100, { isLast: true })), [])
  })

  it('names the event that was committed past before its delivery', async () => {
    const offences = await judged(...run, committed(24, deliveredMs(20) - 1))
    assert.deepEqual(offences, [
      { id: 'r-p1-k0-5', what: `24 was committed for ${topic}/0 while 20 was neither terminal nor parked` },
    ])
  })

  it('names the event that was committed ahead of its offset before its delivery', async () => {
    const ahead = (start: number) => committed(4, deliveredMs(16), { finished: [{ start, length: 1 }] })
    assert.deepEqual(await judged(...run, ahead(16)), [])
    const offences = await judged(...run, ahead(20))
    assert.deepEqual(offences, [
      { id: 'r-p1-k0-5', what: `${topic}/0/20 was committed while 20 was neither terminal nor parked` },
    ])
  })

  it('accepts that an event was committed past while it was parked, and no earlier', async () => {
    const parked = [...heldBack, retried('fence', 0, 0), retried('park', 1, 50)]
    assert.deepEqual(await judged(...parked, committed(37, 60)), [])
    assert.equal((await judged(...parked, committed(37, 40)))[0]?.id, 'r-p1-k0-5')
  })

  it('sees an event that is committed past although its park was closed before it was delivered', async () => {
    const closed = [...heldBack, retried('fence', 0, 0), retried('park', 1, 50), retried('done', 2, 70)]
    assert.deepEqual(await judged(...closed, committed(37, 60)), [])
    assert.equal((await judged(...closed, committed(37, 80)))[0]?.id, 'r-p1-k0-5')
  })

  it('takes a record that two taps saw for one', async () => {
    const parks = [retried('park', 1, 50), retried('park', 1, 50), retried('done', 2, 90)]
    assert.deepEqual(await judged(...run, ...parks, committed(2, 100, { topic: retryTopic })), [])
  })

  it('sees a commit of the retry topic past an open park', async () => {
    const parks = [retried('park', 1, 50), retried('done', 2, 90)]
    const offences = await judged(...run, ...parks, committed(2, 80, { topic: retryTopic }))
    assert.deepEqual(offences, [
      { id: `${topic}/0/20`, what: `2 was committed for ${retryTopic}/0 while its park at 1 was open` },
    ])
    assert.deepEqual(await judged(...run, ...parks, committed(1, 80, { topic: retryTopic })), [])
  })

  it('sees that less is committed in the end than is done', async () => {
    const offences = await judged(...run, committed(36, 100, { isLast: true }))
    assert.deepEqual(offences, [{ id: `${topic}/0`, what: '36 is committed in the end, but all before 37 is done' }])
    assert.deepEqual(await judged(...heldBack, committed(20, 100, { isLast: true })), [])
  })

  it('counts what a record that nobody saw may explain, and finds no fault with it', async () => {
    const trimmed = [...heldBack, retried('fence', 0, 0), retried('fence', 3, 50)]
    const { holds, counts } = await verdictOf(...trimmed, committed(37, 60))
    assert.deepEqual([holds, counts.unseenRetries, counts.unknownCommits], [true, 2, 1])
  })

  it('finds fault with what no record of a hole explains: it came too late, or ended before the event', async () => {
    const late = [...heldBack, retried('fence', 0, 70), retried('fence', 3, 90)]
    assert.equal((await judged(...late, committed(37, 60)))[0]?.id, 'r-p1-k0-5')
    const early = [...heldBack, retried('fence', 0, 0), retried('fence', 3, 10)]
    assert.equal((await judged(...early, committed(37, 60)))[0]?.id, 'r-p1-k0-5')
  })

  it('knows of a hole after the last record by what is committed', async () => {
    const trimmed = [...heldBack, retried('fence', 0, 0), committed(2, 60, { topic: retryTopic })]
    const { holds, counts } = await verdictOf(...trimmed, committed(37, 60))
    assert.deepEqual([holds, counts.unseenRetries, counts.unknownCommits], [true, 1, 1])
  })

  it('does not know whether a park is open whose end may lie in a hole', async () => {
    const fences = [retried('fence', 0, 0), retried('fence', 2, 70), retried('fence', 4, 75)]
    const parked = [...run, ...fences, retried('park', 1, 50)]
    const { holds, counts } = await verdictOf(...parked, committed(2, 80, { topic: retryTopic }))
    assert.deepEqual([holds, counts.unseenRetries, counts.unknownCommits], [true, 1, 1])
    assert.equal((await judged(...parked, committed(2, 60, { topic: retryTopic }))).length, 1)
  })
})
