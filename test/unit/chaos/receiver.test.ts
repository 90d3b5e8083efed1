/* What a receiver writes into the history, beside what the product's own client takes its answers for. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { decide } from '#shared/delivery/decide.ts'
import { succeeded } from '../../chaos/check/facts.ts'
import { type HistoryLine, type ModeLine, monotonicNs, type ReceiveLine, readHistory } from '../../chaos/history.ts'
import { startReceiver } from '../../chaos/load/children.ts'
import type { ReceiverMode } from '../../chaos/load/modes.ts'
import { startProxies } from '../../chaos/proxy/proxies.ts'
import { createClient, requestTo } from '../../integration/delivery/attempts.ts'
import { defer } from '../../support/defer.ts'

/** How long the sender waits for an answer that shall not come. */
const timeoutMs = 1_500
/**
 * For one that shall come. Before a receiver breaks one off it finds out who asked: it gathers questions for 400 ms and then
 * looks at the open files of every process, which takes long on a machine without a free core.
 */
const patientMs = 30_000

type Way = (url: string) => string | Promise<string>

/** One attempt at a receiver in this mode that shall come to `code`: what it came to, and what the history says. */
async function attemptAt(t: TestContext, mode: ReceiverMode, code: string, way: Way = (url) => url) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-receiver-'))
  defer(t, () => rmSync(folder, { recursive: true }))
  const history = join(folder, 'billing.jsonl')
  const receiver = await startReceiver({ run: 'r', actor: 'billing', history })
  defer(t, receiver.stop)
  await receiver.setMode(mode)
  const limitMs = code === 'first-byte-timeout' ? timeoutMs : patientMs
  const url = await way(receiver.url)
  const startedNs = monotonicNs()
  const result = await createClient(t, { timeoutMs: limitMs }).attempt(requestTo(url))
  await receiver.stop()
  const lines: HistoryLine[] = []
  for await (const line of readHistory([history])) lines.push(line)
  return {
    startedNs,
    decision: decide(result, Date.now()),
    modes: lines.filter((line): line is ModeLine => line.op === 'mode'),
    receipts: lines.filter((line): line is ReceiveLine => line.op === 'receive'),
  }
}

describe('the history of a receiver', () => {
  const answered: readonly (readonly [ReceiverMode, number, string])[] = [
    [{ kind: 'accept' }, 204, 'status-204'],
    [{ kind: 'answer', status: 500 }, 500, 'status-500'],
    [{ kind: 'answer', status: 429, headers: { 'retry-after': '5' } }, 429, 'status-429'],
    [{ kind: 'break', how: 'reset' }, 0, 'io-reset'],
    [{ kind: 'break', how: 'hang' }, 0, 'first-byte-timeout'],
    [{ kind: 'break', how: 'drip' }, 0, 'first-byte-timeout'],
    [{ kind: 'break', how: 'garbage' }, 0, 'io-response-invalid'],
    [{ kind: 'break', how: 'endless-head' }, 0, 'io-response-head-too-large'],
    [{ kind: 'break', how: 'false-length' }, 200, 'status-200'],
    [{ kind: 'break', how: 'huge-body' }, 200, 'status-200'],
    [{ kind: 'accept', delayMs: 2 * timeoutMs }, 0, 'first-byte-timeout'],
  ]
  for (const [mode, status, code] of answered) {
    it(`has ${status} for what its sender calls ${code}, in the mode ${JSON.stringify(mode)}`, async (t) => {
      const { decision, receipts } = await attemptAt(t, mode, code)
      const [receipt, ...others] = receipts
      assert.ok(receipt !== undefined && others.length === 0)
      assert.deepEqual([receipt.status, decision.code], [status, code])
      assert.equal(succeeded(receipt), decision.kind === 'delivered')
      assert.ok(receipt.ns >= receipt.arrivedNs)
    })
  }

  it('dates an answer that never came by the end of its connection', async (t) => {
    const { receipts, startedNs } = await attemptAt(t, { kind: 'break', how: 'hang' }, 'first-byte-timeout')
    const tookMs = ((receipts[0]?.ns ?? 0) - startedNs) / 1e6
    // A timer counts whole milliseconds: the sender may give up 2 ms early.
    assert.ok(tookMs > timeoutMs - 2 && tookMs < 2 * timeoutMs, `${tookMs} ms`)
  })

  it('knows who sent what it broke off, though the connection is gone', async (t) => {
    const { receipts } = await attemptAt(t, { kind: 'break', how: 'reset' }, 'io-reset')
    assert.equal(receipts[0]?.sender, process.pid)
  })

  it('knows nobody behind a proxy, and takes that for nobody either', async (t) => {
    const proxies = startProxies()
    defer(t, proxies.stop)
    const through = (url: string) =>
      proxies.open({ name: 'wire', upstreamPort: Number(new URL(url).port), protocol: 'bytes' })
    const { receipts } = await attemptAt(
      t,
      { kind: 'accept' },
      'status-204',
      async (url) => `http://127.0.0.1:${await through(url)}/`,
    )
    assert.deepEqual(
      receipts.map(({ status, sender }) => [status, sender]),
      [[204, null]],
    )
  })

  it('asks for time where the answer did', async (t) => {
    const asking: ReceiverMode = { kind: 'answer', status: 429, headers: { 'retry-after': '5' } }
    const { receipts } = await attemptAt(t, asking, 'status-429')
    assert.equal(receipts[0]?.retryAfterMs, 5_000)
  })

  const silent: readonly (readonly [ReceiverMode, string])[] = [
    [{ kind: 'refuse' }, 'connect-refused'],
    [{ kind: 'deaf' }, 'first-byte-timeout'],
  ]
  for (const [mode, code] of silent) {
    it(`has nothing of what its sender calls ${code}: it never read it`, async (t) => {
      const { decision, receipts, modes } = await attemptAt(t, mode, code)
      assert.deepEqual([decision.code, receipts], [code, []])
      assert.deepEqual(
        modes.map(({ serves }) => serves),
        ['none'],
      )
    })
  }
})

describe('a receiver whose mode is changed', () => {
  it('has told of every request before it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-receiver-'))
    defer(t, () => rmSync(folder, { recursive: true }))
    const receiver = await startReceiver({ run: 'r', actor: 'billing', history: join(folder, 'billing.jsonl') })
    defer(t, receiver.stop)
    const client = createClient(t)
    for (let count = 1; count <= 10; count += 1) {
      await client.attempt(requestTo(receiver.url))
      await receiver.setMode({ kind: 'accept' })
      assert.equal(receiver.progress().requests, count)
    }
  })
})
