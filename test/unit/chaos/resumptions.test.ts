import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ResumeLine } from '../../chaos/history.ts'
import { readResumptions } from '../../chaos/resumptions.ts'

const line = (instance: string, subscription: string, msg: string) =>
  `${JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', instance, subscription, msg })}\n`

describe('the resumptions in the logs of a stack', () => {
  it('finds those of the run in every log of a consumer, the one before it and those of added consumers too', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'tailrace-logs-'))
    t.after(() => rm(folder, { recursive: true }))
    const write = (name: string, text: string) => writeFile(join(folder, name), text)
    await write('consumer-1.log', `${line('consumer-1', 'r-0', 'going on')}not JSON\n`)
    await write('consumer-1.log.1', line('consumer-1', 'r-1', 'partitions loaded'))
    await write('added-consumer-1.log', line('added-consumer-1', 'r-0', 'going on') + line('x', 'other-0', 'going on'))
    await write('producer-1.log', line('producer-1', 'r-0', 'going on'))
    const found: ResumeLine[] = []
    for await (const resumption of readResumptions(folder, 'r')) found.push(resumption)
    assert.deepEqual(found.map(({ actor, subscription, reason }) => [actor, subscription, reason]).toSorted(), [
      ['added-consumer-1', 'r-0', 'hold-ended'],
      ['consumer-1', 'r-0', 'hold-ended'],
      ['consumer-1', 'r-1', 'loaded'],
    ])
    assert.ok(found.every(({ ns }) => Number.isFinite(ns)))
  })
})
