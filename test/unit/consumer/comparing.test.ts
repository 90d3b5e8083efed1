import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptRequest, AttemptResult } from '#shared/delivery/attempt.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import { type Compared, Comparing } from '../../../services/consumer/comparing.ts'
import type { Attempted, Target } from '../../../services/consumer/target.ts'
import type { Ended } from '../../../services/consumer/targets.ts'
import { until } from '../../support/until.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }

const attempted = (status: number, body: string): Attempted => {
  const result: AttemptResult = {
    ...{ kind: 'answer', status, headers: {}, body: Buffer.from(body), truncated: false, timingsMs },
  }
  const decision = { kind: 'delivered' } as Decision
  return { result, decision }
}

function requestOf(partition: number, bytes: number): AttemptRequest {
  const record = {
    topic: 't',
    partition,
    offset: 7,
    timestampMs: 0,
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
  }
  return { url: 'http://one/', record, number: 3 } as unknown as AttemptRequest
}

function comparingWith({ isComparing = true, isThere = true } = {}) {
  const told: Compared[] = []
  const heeded: Ended[] = []
  const [asked, broken]: [AttemptRequest[], unknown[]] = [[], []]
  const answers: PromiseWithResolvers<Attempted | null>[] = []
  const second = {
    url: 'http://two/',
    attempt(request: AttemptRequest) {
      asked.push(request)
      const answer = Promise.withResolvers<Attempted | null>()
      answers.push(answer)
      return answer.promise
    },
  } as unknown as Target
  const comparing = new Comparing({
    targets: { isComparing, companion: () => (isThere ? second : null), heed: (ended) => void heeded.push(ended) },
    onCompared: (compared) => void told.push(compared),
    onBroken: (error) => void broken.push(error),
  })
  const kinds = () => told.map(({ comparison }) => comparison.kind)
  return { comparing, told, heeded, asked, answers, broken, kinds }
}

test('without a comparison nothing is sent and nothing is told', () => {
  const { comparing, asked, told } = comparingWith({ isComparing: false })
  assert.equal(comparing.follow(Promise.resolve(attempted(200, '')), requestOf(4, 1)), false)
  assert.deepEqual([asked, told], [[], []])
})

test('what differs is told with the place and the number of the attempt, and what the second one asked for is heeded', async () => {
  const { comparing, told, heeded, asked, answers } = comparingWith()
  assert.equal(comparing.follow(Promise.resolve(attempted(200, 'a')), requestOf(4, 1)), true)
  answers[0]?.resolve(attempted(200, 'b'))
  await until('it is told', () => told.length === 1)
  const [{ partition, offset, number, url, comparison } = assert.fail()] = told
  assert.deepEqual([partition, offset, number, url, comparison.kind], [4, 7, 3, 'http://two/', 'mismatch'])
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['http://two/'],
  )
  assert.deepEqual(
    heeded.map(({ target }) => target.url),
    ['http://two/'],
  )
})

test('a second target that is not there is skipped at once', () => {
  const { comparing, told, asked } = comparingWith({ isThere: false })
  assert.equal(comparing.follow(new Promise(() => {}), requestOf(4, 1)), true)
  assert.deepEqual([told[0]?.url, told[0]?.partition, told[0]?.comparison], [null, 4, { kind: 'skipped' }])
  assert.equal(asked.length, 0)
})

test('events that a second target does not answer take 8 MiB at most, and room comes back with each answer', async () => {
  const { comparing, told, answers, asked, kinds } = comparingWith()
  const mebibyte = 1024 * 1024
  for (let at = 0; at < 10; at += 1) comparing.follow(Promise.resolve(attempted(200, '')), requestOf(0, mebibyte))
  assert.deepEqual([asked.length, kinds()], [7, ['skipped', 'skipped', 'skipped']])
  answers[0]?.resolve(null)
  await until('the first one is told', () => told.length === 4)
  assert.equal(kinds().at(-1), 'unanswered')
  await until('there is room again', () => {
    comparing.follow(Promise.resolve(attempted(200, '')), requestOf(0, mebibyte))
    return asked.length === 8
  })
})

test('a bug on the way is passed on, and gives its room back', async () => {
  const { comparing, answers, broken, asked } = comparingWith()
  comparing.follow(Promise.resolve(attempted(200, '')), requestOf(0, 8 * 1024 * 1024 - 512))
  answers[0]?.reject(new TypeError('a bug'))
  await until('it is passed on', () => broken.length === 1)
  comparing.follow(Promise.resolve(attempted(200, '')), requestOf(0, 8 * 1024 * 1024 - 512))
  assert.equal(asked.length, 2)
})
