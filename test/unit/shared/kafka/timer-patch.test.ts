import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, mock, test } from 'node:test'
import { patchRequestQueue, type RequestQueue } from '#shared/kafka/timer-patch.ts'

type QueueOptions = { logger: object; requestTimeout: number; maxInFlightRequests: number | null }
type Queue = RequestQueue & { push(request: object): void; maybeThrottle(ms: number): void; destroy(): void }

const Queue: new (options: QueueOptions) => Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')
const silent = () => undefined

const createQueue = () =>
  new Queue({ logger: { debug: silent, warn: silent }, requestTimeout: 1_000, maxInFlightRequests: null })

const request = (sendRequest: () => void, correlationId = 1) => ({
  ...{ entry: { correlationId, resolve: silent, reject: silent }, expectResponse: true, sendRequest },
})

before(() => assert.equal(patchRequestQueue(), true, 'kafkajs changed its version: check the patch against it'))

test('an idle request queue arms no timer', () => {
  const queue = createQueue()
  queue.checkPendingRequests()
  assert.equal(queue.throttleCheckTimeoutId, null)
})

test('a request that a throttled broker holds back is sent when the throttle ends', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  const queue = createQueue()
  const sent = mock.fn()
  queue.maybeThrottle(500)
  queue.push(request(sent))
  mock.timers.tick(499)
  assert.equal(sent.mock.callCount(), 0)
  mock.timers.tick(1)
  assert.equal(sent.mock.callCount(), 1)
  assert.equal(queue.throttleCheckTimeoutId, null)
  mock.timers.reset()
})
