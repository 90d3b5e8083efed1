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
/** Of a machine that is so busy that Redis takes more than 50 ms: then the answer says that nothing was checked. */
const mostUnchecked = 10

type Stored = PublishAnswer & { isChecked: boolean }

/** Sends one event as a careful publisher does: again and again, whatever goes wrong, until it is stored. */
async function publishUntilStored({ api }: Stack, stream: string, key: string): Promise<Stored> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  return await until('the event is stored', async () => {
    const answer = await api.publish(stream, { body: '{"order":1}', headers }).catch(() => undefined)
    if (answer?.status !== 202) return undefined
    const isChecked = answer.headers['tailrace-dedup'] !== 'unavailable'
    return { ...(JSON.parse(answer.text) as PublishAnswer), isChecked }
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

type Round = { victim: string; answers: Promise<Stored>[] }

/** Plays rounds until so many were checked throughout; each ends with what `play` says of it. */
async function playRounds(t: TestContext, stack: Stack, play: (round: Round) => Promise<Stored[]>): Promise<void> {
  const names = await createStream(t, stack)
  let unchecked = 0
  for (let round = 0; round < rounds + unchecked; round += 1) {
    await untilHealthy(stack)
    const answers = startTwins(stack, names.stream, `key-${round}`)
    const stored = await play({ answers, victim: `producer-${1 + (round % 2)}` })
    if (stored.every(({ isChecked }) => isChecked)) {
      assert.deepEqual([new Set(stored.map(({ id }) => id)).size, new Set(stored.map(placeOf)).size], [1, 1])
      assert.equal((await countRecords(stack, names.topic)).get(stored[0]?.id ?? ''), 1)
    } else unchecked += 1
    assert.ok(unchecked <= mostUnchecked, 'Redis was too slow to check anything')
  }
  t.diagnostic(`rounds that Redis was too slow for: ${unchecked}`)
  await untilHealthy(stack)
}

const placeOf = ({ position }: Stored) => position

describe('fifty twins of one idempotency key', { skip: kcatMissing }, () => {
  it('are one record with one answer, although a producer is killed as soon as one of them has it', async (t) => {
    const stack = await useStack(t)
    await playRounds(t, stack, async ({ answers, victim }) => {
      await Promise.race(answers)
      await stack.kill(victim, 'SIGKILL')
      return await Promise.all(answers)
    })
  })

  it('are one record with one answer when a producer is killed before anybody has an answer', async (t) => {
    const stack = await useStack(t)
    await playRounds(t, stack, async ({ answers, victim }) => {
      await stack.kill(victim, 'SIGKILL')
      return await Promise.all(answers)
    })
  })
})
