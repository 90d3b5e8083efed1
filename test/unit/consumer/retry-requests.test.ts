import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RetryNow } from '#shared/catalog/records.ts'
import { createPair, type Pair } from '../../../services/consumer/pair/states.ts'
import { createRetryRequests } from '../../../services/consumer/retry-requests.ts'

const policy = {} as Parameters<typeof createPair>[1]
const nowMs = Date.parse('2026-11-21T10:00:00.000Z')
const requestOf = (offset: number, agoMs = 0) => ({
  ...{ id: `r${offset}`, at: new Date(nowMs - agoMs).toISOString(), partition: 0, offset },
})

test('each request goes to its pair once, when the pair runs; old ones and those of others are left alone', () => {
  let requests: RetryNow['requests'] = [requestOf(1), requestOf(2, 400_000), { ...requestOf(3), partition: 7 }]
  const retried: number[] = []
  const pair: Pair = createPair({ topic: 's', partition: 0 }, policy)
  const one = createRetryRequests({
    requests: () => requests,
    pairs: new Map([[0, pair]]),
    retry: (_, offset) => retried.push(offset),
  })
  one.look(nowMs)
  assert.deepEqual(retried, [], 'it is still loading')
  pair.phase = 'running'
  one.look(nowMs)
  one.look(nowMs)
  assert.deepEqual(retried, [1])
  requests = [...requests, requestOf(4)]
  one.look(nowMs)
  one.look(nowMs)
  assert.deepEqual(retried, [1, 4])
})
