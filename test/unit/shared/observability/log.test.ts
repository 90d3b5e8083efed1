import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const module = new URL('../../../../shared/observability/log.ts', import.meta.url)

/** What a process of its own prints that logs `lines`: the log writes to stdout alone. */
function printed(lines: readonly object[]): string {
  const source = `
    import { createLogger, flushLog } from ${JSON.stringify(module)}
    const log = createLogger('test', { level: 'trace', instance: 'test' })
    for (const line of ${JSON.stringify(lines)}) log.info(line, 'a line')
    flushLog(log)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout
}

test('members that hold secrets are struck out, wherever they stand; the rest is printed', () => {
  const canary = 'canary-2b7e'
  const named = ['authorization', 'password', 'secret', 'secrets', 'signingSecret', 'token'].map((name) => ({
    [name]: canary,
  }))
  const lines = [...named, { tls: { key: canary } }].flatMap((line) => [
    ...[line, { headers: line }, { request: { headers: line } }],
  ])
  const text = printed([...lines, { subscription: 'billing', key: 'customer-77' }])
  assert.equal(text.includes(canary), false)
  assert.match(text, /"subscription":"billing","key":"customer-77"/)
  assert.equal(text.trim().split('\n').length, lines.length + 1)
})
