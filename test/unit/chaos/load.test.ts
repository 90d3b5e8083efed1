import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatEventId, parseEventId, parseSource } from '../../chaos/history.ts'
import { awkwardJson, forms, outgoingEvent } from '../../chaos/load/event.ts'
import { judgeAnswer } from '../../chaos/load/publish.ts'
import { readReceipt } from '../../chaos/load/receipt.ts'
import { retryLine } from '../../chaos/retry-tap.ts'

const identity = { run: 'r1', publisher: 'p1', key: 'octo-org/octo-repo', seq: 12 }

describe('event ids of a history', () => {
  it('give back what they were made of, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (key, seq) => {
        assert.deepEqual(parseEventId(formatEventId({ ...identity, key, seq })), { ...identity, key, seq })
      }),
    )
  })
})

describe('published events', () => {
  it('are JSON that no parser would print again as it was', () => {
    const json = awkwardJson(3, 10)
    assert.notEqual(JSON.stringify(JSON.parse(json)), json)
  })

  it('carry the same bytes of data in every form', () => {
    const json = awkwardJson(3, 10)
    for (const form of forms) {
      const event = outgoingEvent(identity, form, { type: 't', source: '/s', json })
      assert.ok(event.body.includes(json))
      assert.doesNotThrow(() => JSON.parse(event.body))
      assert.equal(event.content.attributes.subject, 'r1-p1-octo-org/octo-repo-12')
    }
  })
})

describe('an answer at the door', () => {
  const of = (status: number, body: object | string) =>
    judgeAnswer(status, typeof body === 'string' ? body : JSON.stringify(body)).outcome

  it('acknowledges with 2xx only', () => {
    assert.equal(of(202, { stream: 's', partition: 1, offset: 2 }), 'acknowledged')
    assert.equal(of(302, ''), 'refused')
  })

  it('refuses with 4xx and with the codes that promise that nothing was stored', () => {
    assert.equal(of(422, { code: 'schema-violation' }), 'refused')
    assert.equal(of(503, { code: 'kafka-unavailable' }), 'refused')
  })

  it('leaves everything else open', () => {
    assert.equal(of(503, { code: 'outcome-unknown' }), 'unknown')
    assert.equal(of(500, 'oops'), 'unknown')
    assert.equal(of(502, '<html>'), 'unknown')
    assert.equal(of(409, { code: 'idempotency-in-progress' }), 'unknown')
    assert.equal(of(409, { code: 'partitions-fixed' }), 'refused')
  })
})

describe('a receipt', () => {
  it('is found by the subject, decodes attributes and knows the partition', () => {
    const headers = {
      ...{ 'ce-id': 'x', 'ce-subject': 'r1-p1-k1-7', 'ce-name': 'Zo%C3%AB', 'content-type': 'text/plain' },
      ...{ 'tailrace-position': 'my-stream-4-1042', 'tailrace-attempt': '2', 'tailrace-subscription': 'billing' },
    }
    const { sha256: _, ...receipt } = readReceipt(headers, Buffer.from('hello'))
    assert.deepEqual(receipt, {
      ...{
        id: 'r1-p1-k1-7',
        subscription: 'billing',
        attempt: 2,
        partition: 4,
        offset: 1042,
        job: null,
        contentType: 'text/plain',
      },
      attributes: { id: 'x', subject: 'r1-p1-k1-7', name: 'Zoë' },
    })
    assert.equal(readReceipt({ ...headers, 'tailrace-replay': 'job_1' }, Buffer.from('hello')).job, 'job_1')
  })
})

describe('a record of a retry topic', () => {
  const names = { run: 'r1', subscription: 'billing', topic: 'tailrace.retry.billing.k3v9q2' }
  const record = { partition: 2, offset: 9, timestampMs: Date.now(), key: null, value: null }
  const read = (headers: Record<string, string>) => retryLine({ ...record, headers }, names)

  it('says which event waits or is done, and whose it is', () => {
    const park = read({
      tailrace_kind: 'park',
      tailrace_source: 'tailrace.events.s/3/17@1795341731',
      tailrace_owner: 'me',
    })
    assert.deepEqual(park?.source, { topic: 'tailrace.events.s', partition: 3, offset: 17 })
    assert.deepEqual([park?.kind, park?.owner, park?.partition, park?.offset], ['park', 'me', 2, 9])
    assert.equal(read({ tailrace_kind: 'fence', tailrace_owner: 'me' })?.source, null)
  })

  it('is nothing when its kind is unknown', () => {
    assert.equal(read({ tailrace_kind: 'dead-letter' }), undefined)
    assert.equal(parseSource('tailrace.events.s/3'), undefined)
  })
})
