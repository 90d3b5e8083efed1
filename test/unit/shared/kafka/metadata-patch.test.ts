import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { type Metadata, patchMetadata } from '#shared/kafka/metadata-patch.ts'

const load = createRequire(import.meta.url)
const metadata: Metadata = load('kafkajs/src/protocol/requests/metadata')
/** The parser of kafkajs, which knows nothing of the question. */
const unpatched: { parse(answer: unknown): Promise<unknown> } = load(
  'kafkajs/src/protocol/requests/metadata/v6/response',
)

/** What a broker says while the only replica of somebody's topic is down. */
const leaderless = {
  ...{ throttleTime: 0, clientSideThrottleTime: 0, clusterId: 'c', controllerId: 1 },
  brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: null }],
  topicMetadata: [
    { topicErrorCode: 0, topic: 'ours', isInternal: false, partitionMetadata: [partition(0, 1)] },
    { topicErrorCode: 0, topic: 'theirs', isInternal: false, partitionMetadata: [partition(5, -1)] },
  ],
}

function partition(partitionErrorCode: number, leader: number) {
  return { partitionErrorCode, partitionId: 0, leader, replicas: [1], isr: [1], offlineReplicas: [] }
}

const ask = (topics: readonly string[]) => metadata.protocol({ version: 6 })({ topics, allowAutoTopicCreation: false })

before(() => assert.equal(patchMetadata(), true, 'kafkajs changed its version: check the patch against it'))

test('who asks for the brokers hears of them while a topic has no leader', async () => {
  assert.deepEqual(await ask([]).response.parse(leaderless), leaderless)
})

test('of a topic that was named the error counts', async () => {
  await assert.rejects(ask(['theirs']).response.parse(leaderless), { type: 'LEADER_NOT_AVAILABLE' })
})

test('without the patch the whole answer is thrown away', async () => {
  await assert.rejects(unpatched.parse(leaderless), { type: 'LEADER_NOT_AVAILABLE' })
})

test('patching twice changes nothing more', () => {
  const { protocol } = metadata
  patchMetadata()
  assert.equal(metadata.protocol, protocol)
})
