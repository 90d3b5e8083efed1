import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lastLines, openLogFiles } from '../../../../services/cli/up/log-files.ts'

describe('the log files of a run', () => {
  it('start anew past 64 MiB while their writer goes on, keeping what was before once', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-log-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const logs = openLogFiles(folder)
    t.after(logs.close)
    const descriptor = logs.open('consumer-1')
    truncateSync(logs.path('consumer-1'), 64 * 1024 * 1024)
    t.mock.timers.tick(5_000)
    writeSync(descriptor, 'the next line\n')
    assert.equal(readFileSync(logs.path('consumer-1'), 'utf8'), 'the next line\n')
    assert.equal(statSync(`${logs.path('consumer-1')}.1`).size, 64 * 1024 * 1024)
  })

  it('show their last lines', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-log-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const logs = openLogFiles(folder)
    t.after(logs.close)
    writeSync(logs.open('init'), 'one\ntwo\nthree\n')
    assert.equal(lastLines(logs.path('init'), 2), 'two\nthree')
  })
})
