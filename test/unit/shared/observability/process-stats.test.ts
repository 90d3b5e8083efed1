import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const subject = new URL('../../../../shared/observability/process-stats.ts', import.meta.url).href

/** Opens files until no more may be opened, and asks for the memory before and after. */
const script = `
import { openSync } from 'node:fs'
import { watchProcess } from '${subject}'
const stats = watchProcess()
const before = stats.rssBytes()
let code
while (code === undefined) {
  try {
    openSync('/dev/null')
  } catch (error) {
    code = error.code
  }
}
const after = stats.rssBytes()
stats.close()
process.stdout.write(JSON.stringify({ before, code, after }))
`

test('the memory of a process without a descriptor left is what it last was: Node opens a file to read it', () => {
  const limited = `ulimit -n 64; exec "$0" --input-type=module -e "$1"`
  const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', limited, process.execPath, script], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const { before, code, after } = JSON.parse(stdout)
  assert.equal(code, 'EMFILE')
  assert.ok(before > 1_000_000 && after === before, stdout)
})
