import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isAlive } from '../../../support/stack.ts'
import { until } from '../../../support/until.ts'

const workerModule = new URL('../../../../services/cli/up/worker.ts', import.meta.url).href

/** A process of its own that starts `script` as a service and prints its pid once that serves. */
const launcher = (script: string) => `
  const { startWorker } = await import('${workerModule}')
  const worker = startWorker({ script: '${script}', output: 2, env: {} })
  await worker.ready
  console.log(worker.pid)
`

/** Serves and then never looks at an event again. */
const busyService = `
  process.send({ type: 'ready', adminUrl: 'http://127.0.0.1:1' }, () => {
    for (;;);
  })
`

describe('a service process', () => {
  it('ends when its launcher is killed, even if it is too busy to notice', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-worker-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const script = join(folder, 'busy.mjs')
    writeFileSync(script, busyService)
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', launcher(script)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(line)
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
    assert.ok(isAlive(pid))
    parent.kill('SIGKILL')
    await until('the service is gone', () => !isAlive(pid))
  })
})
