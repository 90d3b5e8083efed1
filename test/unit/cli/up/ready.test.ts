import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { runFolder } from '../../../../services/cli/folders.ts'
import { openLogFiles } from '../../../../services/cli/up/log-files.ts'
import { portsAt } from '../../../../services/cli/up/ports.ts'
import { createProcessTable } from '../../../../services/cli/up/processes.ts'
import { publishReadyFile } from '../../../../services/cli/up/ready.ts'

const published = (t: TestContext) => {
  const folder = runFolder(mkdtempSync(join(tmpdir(), 'tailrace-ready-')))
  t.after(() => rmSync(folder.dir, { recursive: true }))
  const processes = createProcessTable()
  processes.set({ name: 'kafka-1', service: 'kafka', pid: 41, adminUrl: null })
  const logs = openLogFiles(folder.dir)
  const signal = new AbortController().signal
  const run = { folder, ports: portsAt(0), logs, processes, signal, tell: () => {} }
  const file = publishReadyFile(run, { brokers: ['127.0.0.1:19092'], redisUrl: undefined })
  return { folder, processes, file, read: () => JSON.parse(readFileSync(folder.ready, 'utf8')) }
}

describe('ready.json', () => {
  it('has every member, null where there is nothing', (t) => {
    const { folder, read } = published(t)
    const { version, startedAt, ...rest } = read()
    assert.match(version, /^\d+\.\d+\.\d+/)
    assert.equal(new Date(startedAt).toISOString(), startedAt)
    assert.deepEqual(rest, {
      format: 1,
      launcherPid: process.pid,
      publishUrl: 'http://127.0.0.1:8080',
      consoleUrl: 'http://127.0.0.1:8090',
      demoReceiverUrl: 'http://127.0.0.1:8070',
      adminKeyFile: folder.adminKey,
      logs: folder.log,
      kafkaBrokers: ['127.0.0.1:19092'],
      redisUrl: null,
      processes: [{ name: 'kafka-1', service: 'kafka', pid: 41, adminUrl: null }],
    })
  })

  it('names the process that runs now under a name', (t) => {
    const { processes, read } = published(t)
    processes.set({ name: 'kafka-1', service: 'kafka', pid: 42, adminUrl: null })
    assert.deepEqual(
      read().processes.map(({ pid }: { pid: number }) => pid),
      [42],
    )
    processes.remove('kafka-1')
    assert.deepEqual(read().processes, [])
  })

  it('leaves no draft behind and does not come back after the stop', (t) => {
    const { folder, processes, file } = published(t)
    assert.deepEqual(readdirSync(folder.dir), ['ready.json'])
    file.remove()
    processes.remove('kafka-1')
    assert.equal(existsSync(folder.ready), false)
  })
})
