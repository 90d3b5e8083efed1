import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readInstances } from '#shared/redis/instances.ts'

test('a field that is no report is passed over, whatever it says', async () => {
  const at = new Date(1_000_000).toISOString()
  const report = { id: 'a', service: 'producer', at }
  const fields = { a: JSON.stringify(report), b: 'null', c: '5', d: '{}', e: 'not JSON', f: '{"at":7,"id":"f"}' }
  const redis = { tryRun: async () => fields } as unknown as Parameters<typeof readInstances>[0]
  assert.deepEqual(await readInstances(redis, 'tailrace.', 1_000_500), [report])
})
