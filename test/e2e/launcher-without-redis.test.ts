import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { it } from 'node:test'
import { freePortOffset } from '../../services/cli/up/ports.ts'
import { launch, programsOf, untilGone } from '../support/launch.ts'

it('npm start on a machine without Redis says so, starts, and takes events', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-no-redis-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(process.execPath, join(folder, 'node'))
  symlinkSync(programOnPath('java'), join(folder, 'java'))
  const dir = join(folder, 'run')
  const size = ['--producers', '1', '--consumers', '1', '--port-offset', String(await freePortOffset())]
  const launched = launch(dir, size, { ...process.env, PATH: folder })
  const ready = await launched.ready()
  assert.match(launched.output(), /Redis missing; install with: .* \(going on without\)/)
  assert.equal(ready.redisUrl, null)
  const answer = await fetch(`${ready.publishUrl}/v1/streams/demo/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${readFileSync(join(dir, 'admin.key'), 'utf8').trim()}`,
      'content-type': 'application/json',
    },
    body: '{}',
  })
  assert.equal(answer.status, 202)
  process.kill(launched.pid, 'SIGINT')
  assert.equal(await launched.ended(), 0)
  assert.deepEqual(programsOf(dir), [])
  await untilGone(dir)
})

function programOnPath(name: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return (
    folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? assert.fail(`${name} is missing`)
  )
}
