import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { launch } from '../support/launch.ts'

it('npm start on a machine without Java says in one sentence what to install, and ends with 1', async (t) => {
  const bin = mkdtempSync(join(tmpdir(), 'tailrace-bin-'))
  t.after(() => rmSync(bin, { recursive: true }))
  symlinkSync(process.execPath, join(bin, 'node'))
  const { JAVA_HOME: _, ...env } = process.env
  const launched = launch(join(bin, 'run'), [], { ...env, PATH: bin })
  assert.equal(await launched.ended(), 1)
  assert.match(
    launched.output(),
    /^Java 17 or newer and Redis missing; install with: .* default-jre-headless redis-server\n$/,
  )
})
