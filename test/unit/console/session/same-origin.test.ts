import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireOwnPage } from '../../../../services/console/session/same-origin.ts'

const host = '127.0.0.1:8090'
const refused = { code: 'cross-origin' }
const post = (headers: Record<string, string>) => () =>
  requireOwnPage({ method: 'POST', headers: { host, ...headers } })

test('a page of the console may change something', () => {
  post({ 'sec-fetch-site': 'same-origin', origin: `http://${host}` })()
  post({ origin: `http://${host}` })()
  post({ origin: `https://${host}` })()
})

test('a page on another port of the same host may not, though it is the same site', () => {
  assert.throws(post({ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:8070' }), refused)
  assert.throws(post({ origin: 'http://127.0.0.1:8070' }), refused)
})

test('nobody else may, whatever is missing or malformed', () => {
  const others = [
    {},
    { 'sec-fetch-site': 'cross-site', origin: `http://${host}` },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin, same-origin' },
    { origin: 'null' },
    { origin: `http://${host}.example` },
    { origin: `http://example/${host}` },
  ]
  for (const headers of others) assert.throws(post(headers), refused, JSON.stringify(headers))
})

test('what changes nothing may also be typed into the address bar, or come without a word', () => {
  const get = (headers: Record<string, string>) => () =>
    requireOwnPage({ method: 'GET', headers: { host, ...headers } })
  for (const headers of [{}, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }]) get(headers)()
  for (const site of ['same-site', 'cross-site']) assert.throws(get({ 'sec-fetch-site': site }), refused, site)
  assert.throws(get({ origin: 'http://127.0.0.1:8070' }), refused)
})
