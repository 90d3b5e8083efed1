import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsOf, readConsoleConfig } from '../../../services/console/config.ts'

const masterKey = Buffer.alloc(32, 1).toString('base64')

test('the limits that callers see hold nothing but limits', () => {
  const limits = limitsOf(readConsoleConfig({ TAILRACE_MASTER_KEY: masterKey }))
  assert.ok(Object.keys(limits).every((name) => name.startsWith('TAILRACE_LIMIT_')))
  assert.equal(limits.TAILRACE_LIMIT_SUBSCRIPTIONS, 500)
})

test('the console has a port of its own and does not start without the master key', () => {
  assert.equal(readConsoleConfig({ TAILRACE_MASTER_KEY: masterKey }).TAILRACE_PORT, 8090)
  assert.throws(() => readConsoleConfig({}), /TAILRACE_MASTER_KEY/)
})
