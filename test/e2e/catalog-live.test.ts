import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { defer, deferrer } from '../support/defer.ts'
import { uniqueName } from '../support/dependencies.ts'
import { createReceiver } from '../support/receiver.ts'
import { type Stack, useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const promisedMs = 1000

async function createStream(t: TestContext, { api }: Stack): Promise<string> {
  const stream = uniqueName('live')
  await api.putStream(stream)
  defer(t, () => api.deleteStream(stream))
  return stream
}

/** Publishes a small event every 20 ms until the test ends. */
function keepPublishing(t: TestContext, { api }: Stack, stream: string): void {
  let running = true
  const headers = { 'content-type': 'application/json' }
  const loop = async () => {
    while (running) {
      await api.publish(stream, { body: '{}', headers })
      await pause(20)
    }
  }
  const finished = loop()
  defer(t, async () => {
    running = false
    await finished
  })
}

describe('a change in the catalog', () => {
  it('sends events to the new URL of a target within a second', async (t) => {
    const stack = await useStack(t)
    const stream = await createStream(t, stack)
    const [old, fresh] = [await createReceiver(deferrer(t)), await createReceiver(deferrer(t))]
    const destination = (url: string) => ({ destination: { targets: [{ url }] } })
    const { name } = await stack.api.putSubscription(stream, { stream, ...destination(old.url) })
    defer(t, () => stack.api.deleteSubscription(name))
    keepPublishing(t, stack, stream)
    await until('events reach the old URL', () => old.requests.length > 10)

    await stack.api.patchSubscription(name, destination(fresh.url))
    const changedMs = performance.now()
    await until('events reach the new URL', () => fresh.requests.length > 10)
    const lastOldMs = old.requests.at(-1)?.atMs ?? 0
    const firstFreshMs = fresh.requests[0]?.atMs ?? Infinity
    assert.ok(firstFreshMs - changedMs < promisedMs, `first at the new URL after ${firstFreshMs - changedMs} ms`)
    assert.ok(lastOldMs - changedMs < promisedMs, `last at the old URL after ${lastOldMs - changedMs} ms`)
  })

  it('shuts a revoked key out of every producer within a second', async (t) => {
    const stack = await useStack(t)
    const stream = await createStream(t, stack)
    const { id, secret } = await stack.api.createKey({ name: stream, scopes: [`publish:${stream}`] })
    const event = { body: '{}', headers: { 'content-type': 'application/json' }, apiKey: secret }
    assert.equal((await stack.api.publish(stream, event)).status, 202)

    await stack.api.deleteKey(id)
    await pause(promisedMs)
    const url = `${stack.publishUrl}/v1/streams/${stream}/events`
    const headers = { ...event.headers, authorization: `Bearer ${secret}`, connection: 'close' }
    // A connection of its own for each, so that every producer is asked.
    for (let count = 0; count < 20; count += 1) {
      const { statusCode, body } = await request(url, { method: 'POST', headers, body: '{}', reset: true })
      assert.equal(statusCode, 401, await body.text())
      await body.dump()
    }
  })
})
