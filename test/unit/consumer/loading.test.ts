import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { noAckCache } from '../../../services/consumer/ack-cache.ts'
import { Loading, type LoadingOptions } from '../../../services/consumer/loading.ts'
import { createPair } from '../../../services/consumer/pair/states.ts'
import { until } from '../../support/until.ts'
import { pairUnderTest } from './pair/pair-under-test.ts'

const { policy } = pairUnderTest().pair

/** A subscription of a stream whose brokers answer `offsets`, and the pairs that were loaded, in order. */
function loadingWith(offsets: KafkaAdmin['offsets'], commitsAnswered = () => Promise.resolve<unknown>(null)) {
  const loaded: number[] = []
  const environment = {
    admin: { offsets },
    catalog: { position: () => undefined },
    acks: noAckCache,
    states: { isStarted: () => true },
    telemetry: { loaded: () => undefined, loadFailed: () => undefined },
  } as unknown as LoadingOptions['environment']
  const loading = new Loading({
    environment,
    subscription: { uid: 'u', name: 'n', startOffsets: {} },
    keeper: { commit: async () => 'committed', fetchCommitted: async () => [] },
    topics: { stream: 's', retry: 'r' },
    commitsAnswered,
    epoch: () => 1,
    onLoaded: ({ partition }) => void loaded.push(partition),
    onSkipped: () => undefined,
  })
  return { loading, loaded }
}

test('what is committed is asked for when the commits before are answered', async () => {
  const commit = Promise.withResolvers<unknown>()
  const steps: string[] = []
  const offsets = async () => {
    steps.push('asked')
    return [{ partition: 0, low: 0, high: 3 }]
  }
  const { loading, loaded } = loadingWith(offsets, () => {
    steps.push('waits')
    return commit.promise
  })
  loading.want(createPair({ topic: 's', partition: 0 }, policy), 'token')
  loading.start()
  assert.deepEqual(steps, ['waits'])
  commit.resolve(null)
  await until('it is loaded', () => loaded.length === 1)
  assert.deepEqual(steps, ['waits', 'asked', 'asked'])
})

test('a pair whose partition the first broker did not know of is loaded when one knows it', async () => {
  let asked = 0
  const { loading, loaded } = loadingWith(async (topic) => {
    if (topic === 's') asked += 1
    const partitions = asked > 1 ? [0, 1] : [0]
    return partitions.map((partition) => ({ partition, low: 0, high: 3 }))
  })
  for (const partition of [0, 1]) loading.want(createPair({ topic: 's', partition }, policy), 'token')
  loading.start()
  await until('both are loaded', () => loaded.length === 2)
  assert.deepEqual(loaded, [0, 1])
})
