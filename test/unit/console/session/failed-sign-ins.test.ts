import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countFailedSignIns } from '../../../../services/console/session/failed-sign-ins.ts'

test('ten failures within a minute are enough for one address, and for that one alone', () => {
  let now = 0
  const failures = countFailedSignIns(() => now)
  for (let at = 0; at < 10; at += 1) {
    failures.refuseAfterTooMany('10.0.0.1')
    failures.failed('10.0.0.1')
    now += 1_000
  }
  const tooMany = () => failures.refuseAfterTooMany('10.0.0.1')
  assert.throws(tooMany, { code: 'rate-limited', options: { retryAfterMs: 50_000 } })
  failures.refuseAfterTooMany('10.0.0.2')
  now = 60_000
  tooMany()
  failures.failed('10.0.0.1')
  tooMany()
})

test('however many addresses fail, only the latest are remembered', () => {
  const failures = countFailedSignIns(() => 0)
  for (let at = 0; at < 10; at += 1) failures.failed('first')
  for (let at = 0; at < 10_000; at += 1) failures.failed(`10.0.${at}`)
  failures.refuseAfterTooMany('first')
})
