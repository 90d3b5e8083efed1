import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { retryAfterMs } from '#shared/delivery/retry-after.ts'

const nowMs = Date.parse('2026-11-21T10:00:00.000Z')
const minuteMs = 60_000
const of = (value: string | string[]) => retryAfterMs({ 'retry-after': value }, nowMs)

test('seconds are taken as they are between 1 s and 15 min', () => {
  assert.equal(of('1'), 1_000)
  assert.equal(of(' 120 '), 120_000)
  assert.equal(of('900'), 15 * minuteMs)
})

test('too short and too long waits are clamped', () => {
  assert.equal(of('0'), 1_000)
  assert.equal(of('901'), 15 * minuteMs)
  assert.equal(of('1000000000000'), 15 * minuteMs)
  assert.equal(of('9'.repeat(400)), 15 * minuteMs)
})

test('the three date forms of HTTP are read', () => {
  assert.equal(of('Sat, 21 Nov 2026 10:02:00 GMT'), 2 * minuteMs)
  assert.equal(of('Saturday, 21-Nov-26 10:02:00 GMT'), 2 * minuteMs)
  assert.equal(of('Sat Nov 21 10:02:00 2026'), 2 * minuteMs)
})

test('a date in the past means soon, one in a year means 15 min', () => {
  assert.equal(of('Sat, 21 Nov 2020 10:00:00 GMT'), 1_000)
  assert.equal(of('Sun, 21 Nov 2027 10:00:00 GMT'), 15 * minuteMs)
})

test('what is neither seconds nor a date is as good as absent', () => {
  for (const value of [
    '',
    '-1',
    '1.5',
    '1e12',
    '+5',
    '0x10',
    'soon',
    'NaN',
    'Infinity',
    '5;6',
    '2026-11-21',
    'Sat, nonsense',
  ]) {
    assert.equal(of(value), null, value)
  }
  assert.equal(of(['5', '6']), null)
  assert.equal(retryAfterMs({}, nowMs), null)
})

test('whatever a receiver sends, the wait stays within its bounds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.integer().map(String),
        fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
      ),
      (value) => {
        const waitMs = of(value)
        assert.ok(waitMs === null || (waitMs >= 1_000 && waitMs <= 15 * minuteMs))
      },
    ),
  )
})
