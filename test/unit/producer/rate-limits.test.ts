import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { RateLimits } from '#shared/redis/rate-limits.ts'
import { createPublishRates } from '../../../services/producer/rate-limits.ts'
import { openDoor } from './door.ts'

const rateLimit = { perSecond: 1_000, burst: 2_000 }
const caller = { keyId: 'k', name: 'n', scopes: [], rateLimit }

/** Refuses with that wait; 0 lets everything pass. Notes what it is asked. */
const limitsOf = (waitMs: number) => {
  const asked: { id: string; cost: number }[] = []
  const limits: RateLimits = {
    async take(id, _rate, cost) {
      asked.push({ id, cost })
      return waitMs
    },
  }
  return { asked, limits }
}

test('over its rate a key is answered 429 with the draft-11 headers, and nothing is stored', async (t) => {
  const door = openDoor({ rateLimits: limitsOf(1).limits })
  t.after(() => door.close())
  const authorization = `Bearer ${door.keyWith(['publish:*'], { rateLimit })}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await door.post({ headers, payload: '1' })
  assert.deepEqual([answer.statusCode, answer.json().code, answer.json().retryable], [429, 'rate-limited', true])
  assert.match(answer.json().detail, /1000 events a second and 2000 at once/)
  assert.deepEqual(
    [answer.headers['retry-after'], answer.headers['ratelimit-policy'], answer.headers.ratelimit],
    ['1', '"publish";q=1000;w=1', '"publish";r=0;t=1'],
  )
  assert.equal(door.stored.length, 0)
})

test('a request costs one event of its own key, also when it is refused later', async (t) => {
  const { asked, limits } = limitsOf(0)
  const door = openDoor({ rateLimits: limits })
  t.after(() => door.close())
  const key = door.keyWith(['publish:*'], { rateLimit })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  assert.equal((await door.post({ headers, payload: '1' })).statusCode, 202)
  assert.equal((await door.post({ headers, payload: '{' })).statusCode, 400)
  const id = key.split('_')[1]
  assert.deepEqual(asked, [
    { id, cost: 1 },
    { id, cost: 1 },
  ])
})

test('nobody is asked about a key without a rate limit', () => {
  const { asked, limits } = limitsOf(1)
  const rates = createPublishRates(limits)
  const unlimited = { ...caller, rateLimit: null }
  assert.deepEqual([rates.admit(unlimited), rates.admitBatch(unlimited, 1_000)], [undefined, undefined])
  assert.deepEqual(asked, [])
})

test('a batch costs one per event: the first was paid at the door', async () => {
  const { asked, limits } = limitsOf(0)
  const rates = createPublishRates(limits)
  await rates.admitBatch(caller, 500)
  assert.deepEqual(asked, [{ id: 'k', cost: 499 }])
  assert.equal(rates.admitBatch(caller, 1), undefined)
})

test('a batch is charged when its events are counted and before any of them is stored', async (t) => {
  const { asked, limits } = limitsOf(0)
  const door = openDoor({ rateLimits: limits })
  t.after(() => door.close())
  const authorization = `Bearer ${door.keyWith(['publish:*'], { rateLimit: { perSecond: 1, burst: 3 } })}`
  const headers = { authorization, 'content-type': 'application/x-ndjson' }
  assert.equal((await door.post({ headers, payload: '1\n2\n3' })).statusCode, 202)
  const answer = await door.post({ headers, payload: '1\n2\n3\n4' })
  assert.deepEqual([answer.statusCode, answer.json().code], [413, 'too-many-events'])
  assert.deepEqual(
    asked.map(({ cost }) => cost),
    [1, 2, 1],
  )
  assert.equal(door.stored.length, 3)
})

test('a batch that waits is told what is left for a smaller one', async () => {
  const rates = createPublishRates(limitsOf(300).limits)
  await assert.rejects(rates.admitBatch(caller, 501) ?? Promise.resolve(), (error) => {
    assert.ok(error instanceof TailraceError)
    assert.equal(error.options.headers?.ratelimit, '"publish";r=200;t=1')
    return error.code === 'rate-limited'
  })
})

test('a batch larger than the burst is refused for good, naming the burst', () => {
  const rates = createPublishRates(limitsOf(0).limits)
  assert.throws(() => rates.admitBatch(caller, 2_001), {
    code: 'too-many-events',
    detail: /2001 events.* 2000 at once/,
  })
})
