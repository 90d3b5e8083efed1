import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { standIn } from '../../chaos/preparations/proxied-redis.ts'

describe('what stands in for Redis', () => {
  it('starts it as it was asked to, but behind the proxy: its last port counts', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-stand-in-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const program = join(folder, 'redis-server')
    writeFileSync(program, standIn('/bin/echo', 7_001))
    chmodSync(program, 0o755)
    const text = execFileSync(program, ['--port', '6379', '--save', '']).toString()
    assert.equal(text, '--port 6379 --save  --port 7001\n')
  })
})
