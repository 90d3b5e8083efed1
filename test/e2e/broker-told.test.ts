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
    const told: string[] = []
    const sinceMs = Date.now()
    const following = followTopic(stack.brokers, 'tailrace.events.ops', ({ headers, timestampMs }) => {
      const { ce_type: type = '', ce_subject: subject = '' } = headers
      if (timestampMs >= sinceMs && type.startsWith('tailrace.broker.')) told.push(`${type} ${subject}`)
    })
    defer(t, () => following.stop())
    const broker = (await stack.processes()).findLast(({ service }) => service === 'kafka')
    assert.ok(broker !== undefined)
    defer(t, () => untilHealthy(stack))
    process.kill(broker.pid, 'SIGSTOP')
    try {
      await until('it is told as lost', () => told.length > 0)
    } finally {
      process.kill(broker.pid, 'SIGCONT')
    }
    await until('it is told as back', () => told.length > 1)
    const subject = told[0]?.split(' ')[1]
    assert.deepEqual(told, [`tailrace.broker.lost ${subject}`, `tailrace.broker.back ${subject}`])
  })
})
