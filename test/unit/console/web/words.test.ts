import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { subjectOf, wordsOfAction } from '../../../../services/console/web/screens/audit/audit-words.ts'
import { curlOf, quoted } from '../../../../services/console/web/words/curl.ts'
import { placeOf, shortened, targetName } from '../../../../services/console/web/words/ids.ts'
import { bytes, count, percent, rate } from '../../../../services/console/web/words/numbers.ts'
import { absolute, dayAndMinute, relative, span, spanMs } from '../../../../services/console/web/words/times.ts'

const atMs = Date.parse('2026-11-20T13:42:08.114Z')

describe('words for times', () => {
  it('says spans in at most two units', () => {
    const said = [0, 0.34, 9, 18, 1104, 3600, 17_280, 86_400, 200_000].map(span)
    assert.deepEqual(said, ['0 s', '0.3 s', '9 s', '18 s', '18 m 24 s', '1 h', '4 h 48 m', '24 h', '2 d 7 h'])
    assert.equal(span(null), '–')
    assert.deepEqual([0.4, 31.2, 10_000].map(spanMs), ['0.4 ms', '31 ms', '10 s'])
  })

  it('says how long ago or in how long, and over a day the date', () => {
    assert.equal(relative(atMs, atMs + 300, 'utc'), 'just now')
    assert.equal(relative(atMs, atMs + 24_900, 'utc'), '24 s ago')
    assert.equal(relative(atMs, atMs - 4_000, 'utc'), 'in 4 s')
    assert.equal(relative(atMs, atMs + 86_400_000, 'utc'), '20 Nov, 13:42')
  })

  it('says a moment with its date and zone, and today without the date', () => {
    assert.equal(absolute(atMs, 'utc'), '2026-11-20 13:42:08.114 UTC')
    assert.equal(dayAndMinute(atMs, atMs + 60_000, 'utc'), '13:42')
  })
})

describe('words for numbers', () => {
  it('groups thousands, keeps zero and no value apart, and never rounds up to 100 %', () => {
    assert.deepEqual([count(70_656), count(0), count(null)], ['70,656', '0', '–'])
    assert.deepEqual([rate(205.4), rate(0.44), rate(0), rate(undefined)], ['205 /s', '0.4 /s', '0 /s', '–'])
    assert.deepEqual([percent(0.9999999), percent(1), percent(0.99986)], ['99.999', '100', '99.986'])
    assert.deepEqual([bytes(812), bytes(61_203_311)], ['812 bytes', '61.2 MB'])
  })
})

describe('words for ids', () => {
  it('shortens a long id so that its ends stay', () => {
    assert.equal(shortened('01994c80-9d13-7c3e-9f42-6d0e8a514f07'), '01994c80-9d13…4f07')
    assert.equal(shortened('billing-3-1042'), 'billing-3-1042')
  })

  it('finds partition and offset behind a name with hyphens and digits', () => {
    assert.deepEqual(placeOf('my-2-orders-3-1042'), { name: 'my-2-orders', partition: 3, offset: 1042 })
    assert.equal(placeOf('orders'), undefined)
  })

  it('calls a target by what tells it apart', () => {
    assert.equal(targetName('https://billing.example/hooks'), 'billing.example/hooks')
    assert.equal(targetName('kafka:bi.raw'), 'kafka:bi.raw')
  })
})

describe('curl', () => {
  it('quotes for a shell, and leaves the key out of the text', () => {
    assert.equal(quoted("it's"), `'it'\\''s'`)
    const text = curlOf({ method: 'POST', url: 'http://127.0.0.1:8090/v1/redrives', body: { key: "o'neill" } })
    assert.equal(
      text,
      `curl -X POST 'http://127.0.0.1:8090/v1/redrives' \\\n  -H "Authorization: Bearer $(npx tailrace key)" \\\n  -H 'Content-Type: application/json' \\\n  -d '{"key":"o'\\''neill"}'`,
    )
  })
})

describe('words of the audit', () => {
  it('names an operation and what it was about', () => {
    assert.equal(wordsOfAction('pauseSubscription'), 'pause subscription')
    assert.equal(subjectOf('/v1/subscriptions/billing/pause'), 'subscriptions/billing')
    assert.equal(subjectOf('/v1/redrives'), 'redrives')
  })
})
