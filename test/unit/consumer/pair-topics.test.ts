import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { TopicDescription } from '#shared/kafka/admin.ts'
import { PairTopics } from '../../../services/consumer/pair-topics.ts'
import { until } from '../../support/until.ts'

test('a partition without its other half is said once, and over when it has one', async () => {
  const counts: Record<string, number | undefined> = { s: 3, r: undefined }
  let isDown = false
  let asked = 0
  const said: string[] = []
  const topics = new PairTopics({
    topics: { stream: 's', retry: 'r' },
    onWrong: (detail) => void said.push(detail),
    admin: {
      describeTopic: async (name) => {
        asked += 1
        if (isDown) throw new TailraceError('kafka-unavailable', 'not now')
        const count = counts[name]
        return count === undefined ? undefined : ({ partitions: Array.from({ length: count }) } as TopicDescription)
      },
    },
  })
  const lookAt = async (nowMs: number) => {
    const before = asked
    topics.tick(nowMs)
    await until('it asked', () => asked === before + 2)
    await new Promise(setImmediate)
  }
  await lookAt(1)
  assert.equal(topics.reason, 'retry-topic-unequal')
  counts.r = 2
  await lookAt(2_001)
  isDown = true
  await lookAt(4_001)
  assert.equal(topics.reason, 'retry-topic-unequal', 'what is known stands')
  assert.deepEqual(said, ['s has 3 partitions and r 0'])
  isDown = false
  counts.r = 3
  await lookAt(6_001)
  assert.equal(topics.reason, null)
  topics.tick(7_000)
  assert.equal(asked, 8, 'when all is well it looks once a minute')
})
