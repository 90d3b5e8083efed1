import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide } from '#shared/delivery/decide.ts'
import { hintOf } from '#shared/delivery/hints.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }
const hintOfStatus = (status: number) =>
  hintOf(decide({ kind: 'answer', status, headers: {}, body: Buffer.alloc(0), truncated: false, timingsMs }, 0))

test('every status has a hint in whole sentences', () => {
  for (let status = 200; status < 600; status += 1) assert.match(hintOfStatus(status), /^[A-Z].*\.$/, String(status))
})

test('a hint names what is special about its code', () => {
  assert.match(hintOfStatus(301), /Redirects are not followed/)
  assert.match(hintOfStatus(404), /Correct the URL/)
  assert.match(hintOf({ kind: 'retry', code: 'egress-refused' }), /TAILRACE_EGRESS_ALLOW/)
  assert.match(hintOf({ kind: 'retry', code: 'tls-certificate' }), /certificate/)
})

test('a delivery that was asked for with a bad status needs nothing', () => {
  assert.match(hintOf({ kind: 'delivered', code: 'status-404' }), /^Delivered/)
})

test('an event that was sent to see what happens is not said to be sent again', () => {
  for (const kind of ['retry', 'target-waits', 'target-gone', 'dead-letter'] as const) {
    const [live, sent] = [hintOf({ kind, code: 'x' }), hintOf({ kind, code: 'x' }, true)]
    assert.doesNotMatch(sent, /is sent again|redrive/)
    assert.notEqual(live, sent)
  }
  assert.equal(
    hintOf({ kind: 'retry', code: 'connect-refused' }, true),
    hintOf({ kind: 'retry', code: 'connect-refused' }),
  )
})
