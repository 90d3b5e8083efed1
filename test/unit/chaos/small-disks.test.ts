/* Real disks, as root on a machine that lends loop devices; skipped elsewhere. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { portsAt } from '../../../services/cli/up/ports.ts'
import { smallDisks } from '../../chaos/preparations/small-disks.ts'
import { defer } from '../../support/defer.ts'

async function prepareDisks(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-disks-'))
  defer(t, () => rmSync(dir, { recursive: true }))
  const { handle, stop } = await smallDisks.prepare({ dir, portOffset: 0, ports: portsAt(0) })
  const folder = join(dir, 'brokers', '1')
  return { dir, disk: handle[1], folder, log: join(folder, 'log'), stop }
}

const isMounted = (dir: string) => readFileSync('/proc/mounts', 'utf8').includes(dir)
const code = (expected: string) => (error: NodeJS.ErrnoException) => error.code === expected

describe('the small disk of a broker', { skip: smallDisks.missing() }, () => {
  it('is full, free, read-only and repaired as asked for, and gone in the end', async (t) => {
    const { dir, disk, folder, log, stop } = await prepareDisks(t)
    defer(t, stop)
    assert.deepEqual(await readdir(folder), [])
    await appendFile(log, 'before', { flush: true })
    await disk.fill()
    await assert.rejects(appendFile(log, 'x'.repeat(8192), { flush: true }), code('ENOSPC'))
    await disk.free()
    await appendFile(join(folder, 'room'), 'x'.repeat(8192), { flush: true })
    await disk.turnReadOnly()
    await assert.rejects(appendFile(log, 'x'), code('EROFS'))
    await disk.repair()
    assert.deepEqual((await readdir(folder)).sort(), ['log', 'room'])
    assert.match(await readFile(log, 'utf8'), /^before/)
    assert.equal(isMounted(dir), true)
    await stop()
    assert.equal(isMounted(dir), false)
  })
})
