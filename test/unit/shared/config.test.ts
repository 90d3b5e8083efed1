import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, maskedConfig, nearest, readConfig } from '#shared/config.ts'

const faultsOf = (run: () => unknown): readonly string[] => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults
  }
  assert.fail('nothing was refused')
}

test('gives defaults and numbers for what is not set', () => {
  const config = readConfig(['KAFKA_BROKERS', 'TAILRACE_PUBLISH_DEADLINE_MS', 'TAILRACE_PREFIX'], {})
  assert.equal(config.TAILRACE_PUBLISH_DEADLINE_MS, 9_000)
  assert.equal(config.TAILRACE_PREFIX, 'tailrace.')
})

test('names every fault at once, with the bad value', () => {
  const env = { KAFKA_BROKERS: 'nowhere', TAILRACE_PORT: 'high', TAILRACE_PREFX: 'x' }
  const faults = faultsOf(() => readConfig(['KAFKA_BROKERS', 'TAILRACE_PORT'], env))
  assert.equal(faults.length, 3)
  assert.match(faults.join('\n'), /TAILRACE_PREFX is not a setting; did you mean TAILRACE_PREFIX\?/)
  assert.match(faults.join('\n'), /KAFKA_BROKERS="nowhere"/)
  assert.match(faults.join('\n'), /TAILRACE_PORT="high".*integer/)
})

test('refuses a level that does not exist, in one line', () => {
  const faults = faultsOf(() => readConfig(['TAILRACE_LOG_LEVEL'], { TAILRACE_LOG_LEVEL: 'loud' }))
  assert.equal(faults.length, 1)
  assert.match(faults[0] ?? '', /TAILRACE_LOG_LEVEL="loud"/)
})

test('reads a secret from its file, never shows it, and refuses both at once', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-config-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const key = Buffer.alloc(32, 7).toString('base64')
  writeFileSync(join(dir, 'key'), `${key}\n`)
  const env = { TAILRACE_MASTER_KEY_FILE: join(dir, 'key') }
  const config = readConfig(['TAILRACE_MASTER_KEY'], env)
  assert.equal(config.TAILRACE_MASTER_KEY, key)
  assert.deepEqual(maskedConfig(config), { TAILRACE_MASTER_KEY: '(set)' })
  const both = faultsOf(() => readConfig(['TAILRACE_MASTER_KEY'], { ...env, TAILRACE_MASTER_KEY: key }))
  assert.match(both.join(), /both set/)
  const bad = faultsOf(() => readConfig(['TAILRACE_MASTER_KEY'], { TAILRACE_MASTER_KEY: 'short-secret' }))
  assert.doesNotMatch(bad.join(), /short-secret/)
})

test('names a secret file that cannot be read', () => {
  const faults = faultsOf(() => readConfig(['TAILRACE_ADMIN_KEY'], { TAILRACE_ADMIN_KEY_FILE: '/nowhere/at/all' }))
  assert.match(faults.join(), /TAILRACE_ADMIN_KEY_FILE.*no such file/i)
})

test('takes the host name as instance id when none is given', () => {
  const config = readConfig(['TAILRACE_INSTANCE_ID'], {})
  assert.notEqual(config.TAILRACE_INSTANCE_ID, '')
})

test('finds the nearest name', () => {
  assert.equal(nearest('oders', ['billing', 'orders', 'users']), 'orders')
})
