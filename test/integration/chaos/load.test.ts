import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { explain, judge } from '../../chaos/check/judge.ts'
import { readHistory } from '../../chaos/history.ts'
import { startPublisher, startReceiver } from '../../chaos/load/children.ts'
import { until } from '../../support/until.ts'
import { startForwarder, type Treatment } from './forwarder.ts'

/** No request is to be given up here, and no event: 1,200 of them took 6.5 s where other processes had the cores. */
const patienceMs = 60_000
const load = {
  ratePerSecond: 600,
  seconds: 2,
  keys: 20,
  keyPrefix: 'k',
  fillBytes: 100,
  timeoutMs: patienceMs,
  patienceMs,
}

async function runThrough(t: TestContext, treat: (count: number) => Treatment) {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-load-'))
  t.after(() => rm(folder, { recursive: true }))
  const files = { published: join(folder, 'p1.jsonl'), received: join(folder, 'receiver.jsonl') }
  const receiver = await startReceiver({ run: 'r', actor: 'receiver', history: files.received })
  const url = await startForwarder(t, receiver.url, treat)
  const names = { run: 'r', publisher: 'p1', stream: 'orders', apiKey: 'none' }
  const publisher = startPublisher({ ...load, ...names, url, history: files.published })
  const progress = await publisher.finished
  await receiver.stop()
  const facts = await gatherFacts(readHistory(Object.values(files)))
  return { progress, facts, judgement: judge(facts, { subscription: 'billing', stream: 'orders' }, 0) }
}

describe('the load processes', () => {
  it('publish on schedule in every form, and their histories satisfy every checker', async (t) => {
    const { progress, facts, judgement } = await runThrough(t, () => 'forward')
    assert.equal(explain(judgement), '')
    assert.deepEqual(progress, { due: 1200, acknowledged: 1200, failedRequests: 0, abandoned: 0 })
    const types = Map.groupBy(facts.publications.values(), (event) => event.contentType)
    assert.equal(types.size, 3)
  })

  it('turn the verdict red when one of 1,000 events is dropped after its acknowledgement', async (t) => {
    const { judgement } = await runThrough(t, (count) => (count % 1000 === 0 ? 'drop' : 'forward'))
    assert.match(explain(judgement), /^I1 does not hold .*: 1\n/)
  })

  it('send an event again under the same id until its outcome is known, and count the failed requests', async (t) => {
    const { progress, judgement } = await runThrough(t, (count) => (count % 100 === 0 ? 503 : 'forward'))
    assert.equal(explain(judgement), '')
    assert.equal(progress.acknowledged, 1200)
    assert.equal(progress.failedRequests, 12)
  })

  it('do not repeat a final refusal, and its event is no loss', async (t) => {
    const { progress, judgement } = await runThrough(t, (count) => (count === 100 ? 422 : 'forward'))
    assert.equal(explain(judgement), '')
    assert.equal(progress.acknowledged, 1199)
  })

  it('end before their time when they are told to, with every event known that was due', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-load-'))
    t.after(() => rm(folder, { recursive: true }))
    const receiver = await startReceiver({ run: 'r', actor: 'receiver', history: join(folder, 'receiver.jsonl') })
    const url = await startForwarder(t, receiver.url, () => 'forward')
    const names = { run: 'r', publisher: 'p1', stream: 'orders', apiKey: 'none', history: join(folder, 'p1.jsonl') }
    const publisher = startPublisher({ ...load, ...names, url, seconds: 3_600 })
    await until('events flow', () => receiver.progress().distinct > 100)
    publisher.end()
    const { due, acknowledged, abandoned } = await publisher.finished
    publisher.end()
    await receiver.stop()
    assert.equal(acknowledged, due)
    assert.equal(abandoned, 0)
    assert.ok(due < 3_600 * load.ratePerSecond)
  })

  it('take it well that they are told to end when they have just died', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-load-'))
    t.after(() => rm(folder, { recursive: true }))
    const names = { run: 'r', publisher: 'p1', stream: 'orders', apiKey: 'none', history: join(folder, 'p1.jsonl') }
    const publisher = startPublisher({ ...load, ...names, url: 'http://127.0.0.1:1', seconds: 3_600 })
    publisher.stop()
    for (let count = 0; count < 500; count += 1) publisher.end()
    await assert.rejects(publisher.finished, /ended before its run was over/)
  })
})
