import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Failure, FailureCode, FailureStage } from '#shared/delivery/attempt.ts'
import { askedOutcome, type Decision, decide, type OnStatus } from '#shared/delivery/decide.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }
const nowMs = Date.parse('2026-11-21T10:00:00.000Z')

const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  kind: 'answer',
  status,
  headers,
  body: Buffer.alloc(0),
  truncated: false,
  timingsMs,
})
const failure = (stage: FailureStage, code: FailureCode): Failure => ({
  kind: 'failure',
  stage,
  code,
  detail: `${stage} it`,
  timingsMs,
})
const kindOf = (status: number, headers = {}) => decide(answer(status, headers), nowMs).kind

test('any 2xx within the time limit is delivered, with or without a body', () => {
  for (const status of [200, 201, 202, 204, 206, 299]) {
    const decision = decide(answer(status), nowMs)
    assert.deepEqual([decision.kind, decision.evidence, decision.code], ['delivered', 'up', `status-${status}`])
  }
})

test('a status that is about the event makes it a dead letter at once and says that the target is up', () => {
  for (const status of [400, 406, 411, 413, 414, 415, 422]) {
    const { kind, cause, evidence } = decide(answer(status), nowMs)
    assert.deepEqual(
      { status, kind, cause, evidence },
      { status, kind: 'dead-letter', cause: 'refused', evidence: 'up' },
    )
  }
})

test('a status that is about the target is retried and speaks against the target', () => {
  for (const status of [300, 301, 302, 304, 307, 308, 401, 402, 403, 404, 405, 407, 409, 421, 426, 451]) {
    const { kind, evidence, quickRetry } = decide(answer(status), nowMs)
    assert.deepEqual(
      { status, kind, evidence, quickRetry },
      { status, kind: 'retry', evidence: 'response', quickRetry: false },
    )
  }
})

test('every status that nobody named is retried', () => {
  for (const status of [408, 416, 418, 423, 424, 425, 428, 431, 499, 500, 501, 505, 508, 511, 599, 600, 999]) {
    assert.equal(kindOf(status), 'retry', String(status))
  }
})

test('only 502, 503 and 504 are worth a second try within a second', () => {
  const quick = Array.from({ length: 400 }, (_, index) => index + 200).filter(
    (status) => decide(answer(status), nowMs).quickRetry,
  )
  assert.deepEqual(quick, [502, 503, 504])
})

test('410 takes the target out', () => {
  assert.deepEqual([kindOf(410), decide(answer(410), nowMs).evidence], ['target-gone', 'none'])
})

test('429 lets the target wait, 503 only with Retry-After; neither speaks against it', () => {
  const waits = (status: number, retryAfter: string) => decide(answer(status, { 'retry-after': retryAfter }), nowMs)
  for (const status of [429, 503]) {
    const { kind, retryAfterMs, evidence, quickRetry } = waits(status, '7')
    assert.deepEqual([kind, retryAfterMs, evidence, quickRetry], ['target-waits', 7_000, 'none', false])
  }
  assert.equal(decide(answer(429), nowMs).retryAfterMs, 5_000)
  assert.equal(waits(429, 'soon').retryAfterMs, 5_000)
  assert.equal(kindOf(503), 'retry')
  assert.equal(waits(503, 'soon').kind, 'retry')
  assert.equal(waits(500, '7').kind, 'retry')
})

test('Tailrace-Outcome wins over the status', () => {
  const asked = (status: number, outcome: string) => decide(answer(status, { 'tailrace-outcome': outcome }), nowMs)
  assert.equal(asked(500, 'delivered').kind, 'delivered')
  assert.equal(asked(200, 'retry').kind, 'retry')
  assert.equal(asked(200, 'retry').evidence, 'up')
  assert.deepEqual([asked(200, 'dead-letter').kind, asked(200, 'dead-letter').cause], ['dead-letter', 'asked'])
  assert.equal(asked(410, 'retry').kind, 'retry')
})

const onStatusRows: [number, OnStatus, Decision['kind'], Decision['evidence']][] = [
  [409, { 409: 'delivered' }, 'delivered', 'up'],
  [409, { '4xx': 'delivered' }, 'delivered', 'up'],
  [404, { 409: 'delivered' }, 'retry', 'response'],
  [409, { '4xx': 'dead-letter', 409: 'retry' }, 'retry', 'response'],
  [404, { '4xx': 'dead-letter', 409: 'retry' }, 'dead-letter', 'up'],
  [503, { '5xx': 'dead-letter' }, 'dead-letter', 'up'],
  [422, { 422: 'retry' }, 'retry', 'up'],
  [204, { 204: 'retry' }, 'retry', 'up'],
  [410, { 410: 'retry' }, 'retry', 'response'],
  [429, { 429: 'retry' }, 'retry', 'response'],
  [302, { '3xx': 'delivered' }, 'delivered', 'up'],
  [600, { '5xx': 'delivered' }, 'retry', 'response'],
]

for (const [status, onStatus, kind, evidence] of onStatusRows) {
  test(`${status} with ${JSON.stringify(onStatus)} is ${kind}`, () => {
    const made = decide(answer(status), nowMs, onStatus)
    assert.deepEqual([made.kind, made.evidence, made.code], [kind, evidence, `status-${status}`])
  })
}

test('onStatus keeps what is known of the status: a passing fault is tried again at once, a refusal is called one', () => {
  assert.equal(decide(answer(503), nowMs, { 503: 'retry' }).quickRetry, true)
  assert.equal(decide(answer(503, { 'retry-after': '60' }), nowMs, { 503: 'retry' }).retryAfterMs, null)
  assert.equal(decide(answer(404), nowMs, { 404: 'dead-letter' }).cause, 'refused')
  assert.match(decide(answer(404), nowMs, { '4xx': 'dead-letter' }).detail, /404, which onStatus calls dead-letter/)
})

test('onStatus is about answers only, and the receiver itself knows better', () => {
  assert.equal(decide(failure('io', 'io-reset'), nowMs, { '5xx': 'delivered' }).kind, 'retry')
  const wish = { 'tailrace-outcome': 'retry' }
  assert.equal(decide(answer(409, wish), nowMs, { 409: 'delivered' }).kind, 'retry')
  assert.equal(decide(answer(409, { 'tailrace-outcome': 'drop' }), nowMs, { 409: 'delivered' }).kind, 'delivered')
})

test('an unknown Tailrace-Outcome is ignored and can be counted', () => {
  for (const value of ['', 'Delivered', 'delivered, retry', 'drop', 'constructor']) {
    const odd = answer(500, { 'tailrace-outcome': value })
    assert.equal(decide(odd, nowMs).kind, 'retry', value)
    assert.equal(askedOutcome(odd), 'unknown', value)
  }
  assert.equal(askedOutcome(answer(500)), null)
})

test('what an attempt without an answer says about the target', () => {
  const rows: [FailureStage, FailureCode, 'connection' | 'response' | 'none', boolean][] = [
    ['dns', 'dns-not-found', 'connection', false],
    ['dns', 'dns-failed', 'connection', true],
    ['connect', 'connect-refused', 'connection', true],
    ['connect', 'connect-unreachable', 'connection', true],
    ['tls', 'tls-certificate', 'connection', false],
    ['timeout', 'connect-timeout', 'connection', false],
    ['timeout', 'first-byte-timeout', 'response', false],
    ['io', 'io-reset', 'response', true],
    ['io', 'io-closed', 'response', true],
    ['io', 'io-response-invalid', 'response', false],
    ['io', 'aborted', 'none', false],
    ['egress', 'egress-refused', 'connection', false],
  ]
  for (const [stage, code, evidence, quickRetry] of rows) {
    const decision = decide(failure(stage, code), nowMs)
    assert.deepEqual(
      [decision.kind, decision.code, decision.evidence, decision.quickRetry],
      ['retry', code, evidence, quickRetry],
    )
  }
})

test('a target that may not be dialled is held, and named when it is given up', () => {
  const { kind, cause } = decide(failure('egress', 'egress-refused'), nowMs)
  assert.deepEqual({ kind, cause }, { kind: 'retry', cause: 'target-refused' })
})
