import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import { followTopic } from '../support/kcat-follow.ts'
import { useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

describe('a broker that does not answer', () => {
  it('is told on the stream ops when it is lost, and again when it is back', async (t) => {
    const stack = await useStack(t)
    await untilHealthy(stack)
    // It looks every 5 s: of a broker that is back from an earlier test it may not know yet, and tells then.
    await until('the console sees every broker', async () => {
      const { kafka } = await stack.api.state()
      return kafka.brokers.every(({ up }) => up)
    })
    const broker = (await stack.processes()).findLast(({ service }) => service === 'kafka')
    assert.ok(broker !== undefined)
    const subject = broker.name.replace('kafka-', 'brokers/')
    const told: string[] = []
    const sinceMs = Date.now()
    const following = followTopic(stack.brokers, 'tailrace.events.ops', ({ headers, timestampMs }) => {
      if (timestampMs >= sinceMs && headers.ce_subject === subject) told.push(headers.ce_type ?? '')
    })
    defer(t, () => following.stop())
    defer(t, () => untilHealthy(stack))
    process.kill(broker.pid, 'SIGSTOP')
    try {
      await until('it is told as lost', () => told.length > 0)
    } finally {
      process.kill(broker.pid, 'SIGCONT')
    }
    await until('it is told as back', () => told.length > 1)
    assert.deepEqual(told, ['tailrace.broker.lost', 'tailrace.broker.back'])
  })
})
