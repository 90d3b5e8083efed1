import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { PublishAnswer } from '../support/api.ts'
import { defer } from '../support/defer.ts'
import { uniqueName } from '../support/dependencies.ts'
import { untilHealthy } from '../support/health.ts'
import { kcatMissing, readTopic } from '../support/kcat.ts'
import { type Stack, useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const twins = 50
const rounds = 3

/** Sends one event as a careful publisher does: again and again, whatever goes wrong, until it is stored. */
async function publishUntilStored({ api }: Stack, stream: string, key: string): Promise<PublishAnswer> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  return await until('the event is stored', async () => {
    const answer = await api.publish(stream, { body: '{"order":1}', headers }).catch(() => undefined)
    return answer?.status === 202 ? (JSON.parse(answer.text) as PublishAnswer) : undefined
  })
}

const startTwins = (stack: Stack, stream: string, key: string) =>
  Array.from({ length: twins }, () => publishUntilStored(stack, stream, key))

async function createStream(t: TestContext, { api }: Stack): Promise<{ stream: string; topic: string }> {
  const stream = uniqueName('twins')
  const { topic } = await api.putStream(stream)
  defer(t, () => api.deleteStream(stream))
  return { stream, topic }
}

/** How often each event id stands in the log, as a Kafka client that shares no code with the service reads it. */
async function countRecords({ brokers }: Stack, topic: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const { headers } of readTopic(brokers, topic)) {
    const id = headers.ce_id ?? ''
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

describe('fifty twins of one idempotency key', { skip: kcatMissing }, () => {
  it('are one record with one answer, although a producer is killed as soon as one of them has it', async (t) => {
    const stack = await useStack(t)
    const { stream, topic } = await createStream(t, stack)
    for (let round = 0; round < rounds; round += 1) {
      await untilHealthy(stack)
      const answers = startTwins(stack, stream, `key-${round}`)
      const { id, position } = await Promise.race(answers)
      await stack.kill(`producer-${1 + (round % 2)}`, 'SIGKILL')
      for (const answer of await Promise.all(answers)) assert.deepEqual([answer.id, answer.position], [id, position])
      assert.equal((await countRecords(stack, topic)).get(id), 1)
    }
    await untilHealthy(stack)
  })

  it('are one record with one answer when a producer is killed before anybody has an answer', async (t) => {
    const stack = await useStack(t)
    const { stream, topic } = await createStream(t, stack)
    for (let round = 0; round < rounds; round += 1) {
      await untilHealthy(stack)
      const answers = startTwins(stack, stream, `key-${round}`)
      await stack.kill(`producer-${1 + (round % 2)}`, 'SIGKILL')
      const stored = await Promise.all(answers)
      assert.equal(new Set(stored.map(({ id }) => id)).size, 1)
      assert.equal(new Set(stored.map(({ position }) => position)).size, 1)
    }
    const counts = await countRecords(stack, topic)
    t.diagnostic(`records per event: ${[...counts.values()].join(', ')}`)
    assert.equal(counts.size, rounds)
    for (const count of counts.values()) assert.equal(count, 1)
    await untilHealthy(stack)
  })
})
