import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createGroupRemoval } from '../../../services/console/group-removal.ts'

const log = createLogger('test', { level: 'silent', instance: 'test' })

test('a group is removed as soon as its members have left', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let calls = 0
  const deleteGroup = async () => {
    calls += 1
    if (calls < 3) throw new Error('it has members')
  }
  const removal = createGroupRemoval({ deleteGroup } as unknown as KafkaAdmin, log)
  removal.removeLater('tailrace.billing.k3v9q2')
  for (let round = 0; round < 10; round += 1) {
    t.mock.timers.tick(4_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(calls, 3)
})

test('nothing is tried after close', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const removal = createGroupRemoval({ deleteGroup: () => assert.fail() } as unknown as KafkaAdmin, log)
  removal.removeLater('g')
  removal.close()
  t.mock.timers.tick(60_000)
})
