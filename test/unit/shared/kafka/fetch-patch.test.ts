import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, mock, test } from 'node:test'
import { patchFetchLoop, type Runner } from '#shared/kafka/fetch-patch.ts'
import { busyPace, LongPoll } from '#shared/kafka/long-poll.ts'

type Fetcher = { start(): Promise<void>; stop(): Promise<void> }
type FetcherOptions = { nodeId: number; logger: object; fetch: (nodeId: number) => Promise<unknown[]> }

const load = createRequire(import.meta.url)
const { prototype }: { prototype: Runner } = load('kafkajs/src/consumer/runner')
const createFetcher: (options: FetcherOptions & Record<string, unknown>) => Fetcher =
  load('kafkajs/src/consumer/fetcher')
const unpatched = prototype.fetch
const logger = { namespace: () => logger, debug: () => undefined }

/** The part of a kafkajs runner that a fetch uses, already stopped. */
const stopped = () => Object.assign(Object.create(prototype), { running: false, logger, consumerGroup: {} }) as Runner

const loopOf = (fetch: Runner['fetch'], runner: Runner) =>
  createFetcher({ nodeId: 1, logger, workerQueue: {}, partitionAssignments: new Map(), fetch: fetch.bind(runner) })

before(() => assert.equal(patchFetchLoop(), true, 'kafkajs changed its version: check the patch against it'))

test('a fetch loop of a stopped consumer ends', async () => {
  await assert.rejects(loopOf(prototype.fetch, stopped()).start(), /the consumer has stopped/)
})

test('without the patch the same loop asks again for ever', async () => {
  let rounds = 0
  const loop = loopOf(function (this: Runner, nodeId) {
    rounds += 1
    // breaks out of what would otherwise freeze this test
    if (rounds === 1_000) throw new Error('still asking')
    return unpatched.call(this, nodeId)
  }, stopped())
  await assert.rejects(loop.start(), /still asking/)
})

test('a running consumer fetches as before', async () => {
  const batches = [{ offset: 1 }]
  const runner = Object.assign(Object.create(prototype), {
    running: true,
    instrumentationEmitter: { emit: () => undefined },
    consumerGroup: { fetch: async () => batches },
  }) as Runner
  assert.equal(await runner.fetch(1), batches)
})

test('a fetch goes out at the pace that its group has then', async (t) => {
  let isPaused = true
  const poll = new LongPoll({ groupId: 'paced', mayRest: true, isPaused: () => isPaused })
  t.after(() => poll.close())
  const paces: unknown[] = []
  const consumerGroup = { groupId: 'paced', maxWaitTime: 0, fetch: async () => [paces.push(consumerGroup.maxWaitTime)] }
  const runner = Object.assign(Object.create(prototype), {
    ...{ running: true, heartbeatInterval: 0, consumerGroup },
    instrumentationEmitter: { emit: () => undefined },
  }) as Runner
  await runner.fetch(1)
  assert.deepEqual(paces, [busyPace.waitMs])
  assert.equal(runner.heartbeatInterval, busyPace.heartbeatMs)
  isPaused = false
  mock.method(poll, 'pace', () => ({ waitMs: 700, heartbeatMs: 900 }), { getter: true })
  await runner.fetch(1)
  assert.deepEqual(paces, [busyPace.waitMs, 700])
  assert.equal(runner.heartbeatInterval, 900)
})

test('patching twice changes nothing more', () => {
  const once = prototype.fetch
  patchFetchLoop()
  assert.equal(prototype.fetch, once)
})
