import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pino } from 'pino'
import { openRedis } from '#shared/redis/connection.ts'
import { testRedisUrl } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

test('a process that stood still reads the answer of Redis before it takes it for slow', async (t) => {
  const redis = openRedis({ url: testRedisUrl(), log: pino({ level: 'silent' }) })
  t.after(() => redis.close())
  await until('redis is up', () => redis.up())
  const answer = redis.tryRun((client) => client.ping())
  // Commands of one turn go out at its end.
  await nextTurn()
  const startedMs = performance.now()
  while (performance.now() - startedMs < 600); // the answer is here long before the loop turns again
  assert.equal(await answer, 'PONG')
})
