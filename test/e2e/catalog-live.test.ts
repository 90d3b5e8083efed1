import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { defer, deferrer } from '../support/defer.ts'
import { uniqueName } from '../support/dependencies.ts'
import { untilHealthy } from '../support/health.ts'
import { partitionsNotInSync } from '../support/kcat.ts'
import { createReceiver } from '../support/receiver.ts'
import { type Stack, useStack } from '../support/stack.ts'
import { besideTarget } from '../support/targets.ts'
import { until } from '../support/until.ts'

const promisedMs = 1_000

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

/** Stops a broker for the length of the test and waits until the others have taken over what it led. */
async function freezeBroker(t: TestContext, stack: Stack): Promise<void> {
  await untilHealthy(stack)
  const { pid } = await stack.process('kafka-1')
  process.kill(pid, 'SIGSTOP')
  defer(t, async () => {
    process.kill(pid, 'SIGCONT')
    await untilHealthy(stack)
  })
  const others = stack.brokers.slice(1)
  await until('the others go on without it', async () => (await partitionsNotInSync(others)) > 0)
}

const circumstances = [
  { when: 'while all is well', prepare: async () => {} },
  { when: 'while a broker does not answer', prepare: freezeBroker },
]

for (const { when, prepare } of circumstances) {
  describe(`a change in the catalog ${when}`, () => {
    it('sends events to the new URL of a target', async (t) => {
      const stack = await useStack(t)
      const stream = await createStream(t, stack)
      const [old, fresh] = [await createReceiver(deferrer(t)), await createReceiver(deferrer(t))]
      const destination = (url: string) => ({ destination: { targets: [{ url }] } })
      const { name } = await stack.api.putSubscription(stream, { stream, ...destination(old.url) })
      defer(t, () => stack.api.deleteSubscription(name))
      await prepare(t, stack)
      keepPublishing(t, stack, stream)
      await until('events reach the old URL', () => old.requests.length > 10)

      await stack.api.patchSubscription(name, destination(fresh.url))
      const changedMs = performance.now()
      await until('events reach the new URL', () => fresh.requests.length > 10)
      const firstMs = (fresh.requests[0]?.atMs ?? changedMs) - changedMs
      t.diagnostic(besideTarget('first event at the new URL', firstMs, promisedMs))
      const lastMs = (old.requests.at(-1)?.atMs ?? changedMs) - changedMs
      t.diagnostic(besideTarget('last event at the old URL', Math.max(lastMs, 0), promisedMs))
    })

    it('shuts a revoked key out of every producer', async (t) => {
      const stack = await useStack(t)
      const stream = await createStream(t, stack)
      const { id, secret } = await stack.api.createKey({ name: stream, scopes: [`publish:${stream}`] })
      await prepare(t, stack)
      keepPublishing(t, stack, stream)
      await until('the key is accepted', async () => (await publishAnew(stack, { stream, apiKey: secret })) === 202)

      await stack.api.deleteKey(id)
      const revokedMs = performance.now()
      let acceptedMs = revokedMs
      await until('20 connections in a row are refused', async () => {
        for (let count = 0; count < 20; count += 1) {
          if ((await publishAnew(stack, { stream, apiKey: secret })) === 401) continue
          acceptedMs = performance.now()
          return false
        }
        return true
      })
      t.diagnostic(besideTarget('last event with the revoked key', acceptedMs - revokedMs, promisedMs))
    })
  })
}

type Publishing = { stream: string; apiKey: string }

/** The status of a publish on a connection of its own, so that each producer has its turn. */
async function publishAnew({ publishUrl }: Stack, { stream, apiKey }: Publishing): Promise<number> {
  const url = `${publishUrl}/v1/streams/${stream}/events`
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: '{}', reset: true })
  await body.dump()
  return statusCode
}
