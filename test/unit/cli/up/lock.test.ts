import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { takeLock } from '../../../../services/cli/up/lock.ts'
import { Refusal } from '../../../../services/cli/up/refusal.ts'
import { until } from '../../../support/until.ts'

const lockModule = new URL('../../../../services/cli/up/lock.ts', import.meta.url).href

const newFolder = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-lock-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return { dir, path: join(dir, 'launcher.lock') }
}

describe('the lock of a run folder', () => {
  it('refuses a second launcher while the first one lives, naming folder and pid', (t) => {
    const { dir, path } = newFolder(t)
    takeLock(path, dir)
    assert.throws(
      () => takeLock(path, dir),
      (error) =>
        error instanceof Refusal && error.message.includes(dir) && error.message.includes(`pid ${process.pid}`),
    )
  })

  it('is free again once it was released', (t) => {
    const { dir, path } = newFolder(t)
    takeLock(path, dir).release()
    assert.deepEqual(readdirSync(dir), [])
    assert.equal(takeLock(path, dir).tookOver, false)
  })

  it('is taken over from a launcher that is dead', (t) => {
    const { dir, path } = newFolder(t)
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }))
    assert.equal(takeLock(path, dir).tookOver, true)
    assert.deepEqual(readdirSync(dir), ['launcher.lock'])
  })

  it('is taken over when another process has the dead pid now', { skip: !existsSync('/proc/self/stat') }, (t) => {
    const { dir, path } = newFolder(t)
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before this process' }))
    assert.equal(takeLock(path, dir).tookOver, true)
  })

  it('is taken over from a dead launcher that nobody has collected yet', {
    skip: !existsSync('/proc/self/stat'),
  }, async (t) => {
    const { dir, path } = newFolder(t)
    const take = `import { takeLock } from '${lockModule}'; takeLock('${path}', '${dir}')`
    // The shell starts the owner and becomes a program that never collects its children.
    const script = `"$0" --input-type=module --eval "$1" & exec sleep 600`
    const parent = spawn('sh', ['-c', script, process.execPath, take], { stdio: 'ignore' })
    t.after(() => parent.kill('SIGKILL'))
    const owner = await until('the lock has an owner', () => existsSync(path) && JSON.parse(readFileSync(path, 'utf8')))
    await until('the owner is a zombie', () => / Z /.test(readFileSync(`/proc/${owner.pid}/stat`, 'utf8')))
    assert.equal(takeLock(path, dir).tookOver, true)
  })

  it('is taken over when nobody can read it', (t) => {
    const { dir, path } = newFolder(t)
    writeFileSync(path, '')
    assert.equal(takeLock(path, dir).tookOver, true)
  })
})
