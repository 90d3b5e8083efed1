import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { endChild, startGuarded } from '../../../../services/cli/up/child.ts'
import { isAlive } from '../../../support/stack.ts'
import { until } from '../../../support/until.ts'

const stderr = 2
const childModule = new URL('../../../../services/cli/up/child.ts', import.meta.url).href

/** A process of its own that starts a guarded `sleep` and prints its pid. */
const launcher = `
  const { startGuarded } = await import('${childModule}')
  const child = startGuarded({ command: 'sleep', args: ['600'], output: 2 })
  console.log(child.pid)
`

describe('a guarded process', () => {
  it('ends when its launcher is killed without a chance to say so', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', launcher], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(line)
    assert.ok(isAlive(pid))
    parent.kill('SIGKILL')
    await until('the guarded process is gone', () => !isAlive(pid))
  })

  it('does not go on without its watcher', async () => {
    const child = startGuarded({ command: 'sleep', args: ['600'], output: stderr })
    const childrenOf = (pid: number) =>
      spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
        .stdout.split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number))
        .filter(([, parent]) => parent === pid)
    const [watcher] = await until('the watcher is there', () => childrenOf(child.pid)[0])
    process.kill(watcher ?? assert.fail('it has no pid'), 'SIGKILL')
    assert.equal(await child.ended, 'SIGKILL')
  })

  it('has the pid of the program itself, so a signal reaches it', async () => {
    const child = startGuarded({ command: 'sleep', args: ['600'], output: stderr })
    child.signal('SIGTERM')
    assert.equal(await child.ended, 'SIGTERM')
  })

  it('reports the exit code of the program', async () => {
    const child = startGuarded({ command: 'sh', args: ['-c', 'exit 7'], output: stderr })
    assert.equal(await child.ended, 'code 7')
  })

  it('is killed when it ignores SIGTERM longer than the grace', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-child-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const isDeaf = join(folder, 'deaf')
    const script = `trap '' TERM; touch ${isDeaf}; exec sleep 600`
    const child = startGuarded({ command: 'sh', args: ['-c', script], output: stderr })
    await until('it ignores SIGTERM', () => existsSync(isDeaf))
    await endChild(child, 50)
    assert.equal(await child.ended, 'SIGKILL')
  })

  it('says why a program could not be run', async () => {
    const child = startGuarded({ command: '/no/such/program', args: [], output: stderr })
    assert.equal(await child.ended, 'code 127')
  })
})
