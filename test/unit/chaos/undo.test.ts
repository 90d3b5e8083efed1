import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { undoAtEnd } from '../../chaos/preparations/undo.ts'
import { defer } from '../../support/defer.ts'
import { until } from '../../support/until.ts'

const module = new URL('../../chaos/preparations/undo.ts', import.meta.url).href

/** A place for a file that says that something was undone. */
function trace(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-undo-'))
  defer(t, () => rmSync(folder, { recursive: true }))
  return join(folder, 'undone')
}

/** A process that has something undone at its end, and waits for ever once it has said so. */
async function startHolder(t: TestContext, path: string) {
  const code = `
    import { undoAtEnd } from ${JSON.stringify(module)}
    undoAtEnd('touch "$1"', [${JSON.stringify(path)}])
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  defer(t, () => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

describe('what must be undone', () => {
  it('is undone when asked for, not before, and then is over', async (t) => {
    const path = trace(t)
    const undo = undoAtEnd('touch "$1"', [path])
    assert.equal(existsSync(path), false)
    await undo()
    assert.equal(existsSync(path), true)
  })

  it('is undone when the process is killed', async (t) => {
    const path = trace(t)
    const holder = await startHolder(t, path)
    assert.equal(existsSync(path), false)
    holder.kill('SIGKILL')
    await until('it is undone', () => existsSync(path))
  })

  it('is complained of with what was said when it fails', async () => {
    const undo = undoAtEnd('echo still busy >&2; exit 3', [])
    await assert.rejects(undo, /not undone \(code 3\): still busy/)
  })
})
