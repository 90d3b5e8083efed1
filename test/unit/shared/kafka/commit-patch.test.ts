import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { patchCommits, type Runner } from '#shared/kafka/commit-patch.ts'

const { prototype }: { prototype: Runner } = createRequire(import.meta.url)('kafkajs/src/consumer/runner')

before(() => assert.equal(patchCommits(), true, 'kafkajs changed its version: check the patch against it'))

/** Part of a kafkajs runner, whose commits go unanswered, and under which generation they went out. */
function runnerOf(running: boolean) {
  const tries: number[] = []
  const generation = (number: number) => ({
    commitOffsets() {
      tries.push(number)
      return Promise.reject(new Error('no answer'))
    },
  })
  const consumerGroup = { offsetManager: generation(1) }
  const runner: Runner = Object.assign(Object.create(prototype), { running, consumerGroup })
  return {
    runner,
    tries,
    join: (number: number) => Object.assign(consumerGroup, { offsetManager: generation(number) }),
  }
}

test('a commit without an answer fails, and is not made again under the generation that was joined since', async () => {
  const { runner, tries, join } = runnerOf(true)
  const commit = runner.commitOffsets({})
  join(2)
  await assert.rejects(commit, /no answer/)
  assert.deepEqual(tries, [1])
})

test('a consumer that has stopped commits nothing', async () => {
  const { runner, tries } = runnerOf(false)
  await runner.commitOffsets({})
  assert.deepEqual(tries, [])
})
