import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../../support/until.ts'
import type { ConsoleClient } from './console-client.ts'
import { createInstallation } from './running-console.ts'

const ownPage = { 'sec-fetch-site': 'same-origin' }

/** Opens the event stream and gathers its text as it comes. */
async function listen(t: TestContext, url: string, headers: Record<string, string>) {
  const closing = new AbortController()
  t.after(() => closing.abort())
  const answer = await fetch(`${url}/v1/live?topics=state,deliveries`, { headers, signal: closing.signal })
  const heard = { status: answer.status, type: answer.headers.get('content-type'), text: '', isOver: false }
  const gather = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) heard.text += decoder.decode(chunk, { stream: true })
  }
  const over = () => {
    heard.isOver = true
  }
  void gather().then(over, over)
  return heard
}

const signIn = (url: string, body: object) =>
  fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? ''

const keyOf = async (api: ConsoleClient, scopes: string[]) => {
  const { id, secret } = (await api('POST', '/v1/keys', { name: 'k', scopes })).body
  return { id: String(id), text: String(secret) }
}

test('a browser signs in on one console, listens on another one, and is out at once when its key is revoked', async (t) => {
  const installation = await createInstallation(t)
  const [one, other] = [await installation.start(), await installation.start()]
  const key = await keyOf(one.api, ['read'])
  const cookie = cookieOf(await signIn(one.service.url, { key: key.text }))
  // A console may need a moment for a key that another one has made.
  const heard = await until('it listens', async () => {
    const answer = await listen(t, other.service.url, { cookie })
    return answer.status === 200 && answer
  })
  assert.equal(heard.type, 'text/event-stream')
  await until('the state has come', () => /event: state\ndata: \{"at"/.test(heard.text))
  await one.api('PUT', '/v1/streams/orders', { partitions: 1 })
  await until('the new stream has come as a patch', () => /event: state-patch\ndata: .*"orders"/.test(heard.text))
  await one.api('DELETE', `/v1/keys/${key.id}`)
  await until('it is out', () => heard.isOver)
  assert.match(heard.text, /event: reset\ndata: \{"reason":"credential-invalid"\}\n\n$/)
  await one.api('DELETE', '/v1/streams/orders?topic=delete')
})

test('who signs out on one console is soon out on every other one', async (t) => {
  const installation = await createInstallation(t)
  const [one, other] = [await installation.start(), await installation.start()]
  const cookie = cookieOf(await signIn(one.service.url, { key: installation.adminKey }))
  const read = async (url: string) => (await fetch(`${url}/v1/session`, { headers: { cookie } })).status
  assert.deepEqual([await read(one.service.url), await read(other.service.url)], [200, 200])
  const signOut = { method: 'DELETE', headers: { cookie, ...ownPage } }
  assert.equal((await fetch(`${one.service.url}/v1/session`, signOut)).status, 204)
  assert.equal(await read(one.service.url), 401)
  await until('the other one knows', async () => (await read(other.service.url)) === 401)
})

test('a console that stops ends its event streams and is gone', async (t) => {
  const { start, adminKey } = await createInstallation(t)
  const { service } = await start()
  const heard = await listen(t, service.url, { authorization: `Bearer ${adminKey}` })
  await until('the state has come', () => heard.text.includes('event: state'))
  await service.stop()
  await until('the stream has ended', () => heard.isOver)
  assert.match(heard.text, /event: reset\ndata: \{"reason":"stopping"\}\n\n$/)
})
