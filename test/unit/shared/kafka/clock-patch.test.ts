import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, it, type TestContext } from 'node:test'
import { patchClocks } from '#shared/kafka/clock-patch.ts'

const load = createRequire(import.meta.url)
const hourMs = 3_600_000
const silent = () => undefined

before(() => assert.equal(patchClocks(), true, 'kafkajs changed its version: check the patch against it'))

/** A wall clock that stands still but for its jumps. */
function clockOf(t: TestContext) {
  let nowMs = 1_800_000_000_000
  t.mock.method(Date, 'now', () => nowMs)
  return (ms: number) => {
    nowMs += ms
  }
}

type Member = { memberId: string; coordinator: object; heartbeat(of: { interval: number }): Promise<void> }

/** A member of a group that counts its heartbeats. */
function createMember() {
  const Group: new (options: object) => Member = load('kafkajs/src/consumer/consumerGroup')
  const logger = { namespace: () => logger }
  const member = new Group({ retry: {}, logger, topics: [], instrumentationEmitter: { emit: silent } })
  let beats = 0
  member.memberId = 'm'
  member.coordinator = {
    heartbeat: async () => {
      beats += 1
    },
  }
  return { beat: (interval: number) => member.heartbeat({ interval }), beats: () => beats }
}

type Request = { send(): void; sentAt: number }

function sendRequest(): Request {
  const Request: new (options: object) => Request = load('kafkajs/src/network/requestQueue/socketRequest')
  const request = new Request({ entry: { correlationId: 1 }, expectResponse: true, send: silent, timeout: silent })
  request.send()
  return request
}

describe('a member of a group', () => {
  it('goes on with its heartbeats when the clock jumps back', async (t) => {
    const jump = clockOf(t)
    const { beat, beats } = createMember()
    jump(-hourMs)
    await beat(0)
    assert.equal(beats(), 1)
  })

  it('sends none before its time when the clock jumps ahead', async (t) => {
    const jump = clockOf(t)
    const { beat, beats } = createMember()
    jump(hourMs)
    await beat(60_000)
    assert.equal(beats(), 0)
  })
})

describe('a request under way', () => {
  for (const ms of [hourMs, -hourMs]) {
    it(`is as old as it is after a jump by ${ms} ms`, (t) => {
      const jump = clockOf(t)
      const request = sendRequest()
      jump(ms)
      const ageMs = Date.now() - request.sentAt
      assert.ok(ageMs >= 0 && ageMs < 60_000, `${ageMs} ms`)
    })
  }
})

describe('a throttled queue', () => {
  it('is throttled no longer when the clock jumps back', (t) => {
    const Queue: new (options: object) => { maybeThrottle(ms: number): void; throttledUntil: number } = load(
      'kafkajs/src/network/requestQueue',
    )
    const jump = clockOf(t)
    const queue = new Queue({ logger: { debug: silent }, requestTimeout: 1_000, maxInFlightRequests: null })
    assert.ok(queue.throttledUntil < Date.now())
    queue.maybeThrottle(500)
    jump(-hourMs)
    const leftMs = queue.throttledUntil - Date.now()
    assert.ok(leftMs > 0 && leftMs <= 500, `${leftMs} ms`)
  })
})
