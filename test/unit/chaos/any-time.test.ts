import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { request } from 'undici'
import { readHistory } from '../../chaos/history.ts'
import { startReceiver } from '../../chaos/load/children.ts'
import { defer } from '../../support/defer.ts'

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const anHourMs = 3_600_000

/** Sends events that say what they are by their ids, and returns what the receiver thought of their signatures. */
async function thoughtOf(t: TestContext, takesAnyTime: boolean): Promise<Record<string, boolean | null>> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-any-time-'))
  defer(t, () => rmSync(folder, { recursive: true }))
  const history = join(folder, 'receiver.jsonl')
  const receiver = await startReceiver({ run: 'r', actor: 'receiver', history })
  receiver.useSecret(secret)
  if (takesAnyTime) await receiver.takeAnyTime()
  await send(receiver.url, { id: 'r-p1-now-0' })
  await send(receiver.url, { id: 'r-p1-ahead-0', aheadMs: anHourMs })
  await send(receiver.url, { id: 'r-p1-behind-0', aheadMs: -anHourMs })
  await send(receiver.url, { id: 'r-p1-forged-0', aheadMs: anHourMs, signedBody: 'another one' })
  await receiver.stop()
  const thought: Record<string, boolean | null> = {}
  for await (const line of readHistory([history])) if (line.op === 'receive') thought[line.id] = line.verified
  return thought
}

type Sent = { id: string; aheadMs?: number; signedBody?: string }

async function send(url: string, { id, aheadMs = 0, signedBody = 'a body' }: Sent): Promise<void> {
  const at = new Date(Date.now() + aheadMs)
  const headers = {
    'ce-id': id,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': `v1a,other ${new Webhook(secret).sign(id, at, signedBody)}`,
  }
  await (await request(url, { method: 'POST', headers, body: 'a body' })).body.dump()
}

describe('a signature that names a time an hour away', () => {
  it('does not verify', async (t) => {
    const thought = await thoughtOf(t, false)
    assert.deepEqual(thought, {
      'r-p1-now-0': true,
      'r-p1-ahead-0': false,
      'r-p1-behind-0': false,
      'r-p1-forged-0': false,
    })
  })

  it('verifies by that time where any is taken; a forged one does not', async (t) => {
    const thought = await thoughtOf(t, true)
    assert.deepEqual(thought, {
      'r-p1-now-0': true,
      'r-p1-ahead-0': true,
      'r-p1-behind-0': true,
      'r-p1-forged-0': false,
    })
  })
})
