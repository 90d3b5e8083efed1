import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { formatSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { connectionOf } from '../kafka/fixture.ts'
import type { ConsoleClient, Json } from './console-client.ts'
import { createInstallation, type Installation, quietLog } from './running-console.ts'

/** The catalog as any other process of the installation knows it. */
async function openBystander({ prefix, masterKey, defer }: Installation) {
  const connection = connectionOf('bystander')
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  const box = createSecretBox(Buffer.from(masterKey(), 'base64'))
  const topic = topicNames(prefix).catalog
  const catalog = await openCatalog({ connection, topic, lanes, instance: connection.clientId, box, log: quietLog })
  defer(async () => {
    await catalog.close()
    await lanes.close()
  })
  return catalog
}

const target = (port: number) => ({ targets: [{ url: `http://127.0.0.1:${port}/hooks` }] })

test('two consoles that change the same things at once do so one after the other', async (t) => {
  const installation = await createInstallation(t)
  const catalog = await openBystander(installation)
  const [one, other] = [(await installation.start()).api, (await installation.start()).api]
  const consoles = [one, other]
  const both = (ask: (api: ConsoleClient, at: number) => Promise<{ status: number; body: Json }>) =>
    Promise.all(consoles.map(ask))
  const statuses = (replies: readonly { status: number }[]) => replies.map(({ status }) => status).sort()

  await t.test('a subscription is created once, whoever asks, and the other answer is about the same one', async () => {
    for (let round = 0; round < 5; round += 1) {
      const name = `made-${round}`
      const replies = await both((api, at) =>
        api('PUT', `/v1/subscriptions/${name}`, { stream: 'demo', destination: target(9000 + at) }),
      )
      assert.deepEqual(statuses(replies), [200, 201])
      assert.equal(await catalog.catchUp(5_000), true)
      const known = catalog.subscriptions().filter((subscription) => subscription.name === name)
      assert.equal(known.length, 1)
      assert.deepEqual(new Set(replies.map(({ body }) => body.uid)), new Set([known[0]?.uid]))
      // The one that came second is what counts.
      const second = replies.find(({ status }) => status === 200)?.body as { destination?: { targets: Json[] } }
      assert.equal(known[0]?.destination.targets[0]?.url, second.destination?.targets[0]?.url)
    }
  })

  await t.test('a stream is created once, with the partitions of whoever was first', async () => {
    const replies = await both((api, at) => api('PUT', '/v1/streams/wide', { partitions: 1 + at }))
    assert.deepEqual(statuses(replies), [201, 409])
    const made = replies.find(({ status }) => status === 201)
    assert.equal(await catalog.catchUp(5_000), true)
    assert.equal(catalog.stream('wide')?.partitions, made?.body.partitions)
  })

  await t.test('of two secrets that rotate at once both sign, and both are the ones that were shown', async () => {
    for (let round = 0; round < 5; round += 1) {
      const replies = await both((api) => api('POST', '/v1/subscriptions/demo-inbox/rotate-secret', {}))
      assert.deepEqual(statuses(replies), [200, 200])
      assert.equal(await catalog.catchUp(5_000), true)
      const uid = catalog.subscription('demo-inbox')?.uid ?? ''
      const known = catalog.signingSecrets(uid).map(({ secret }) => formatSigningSecret(secret))
      assert.deepEqual(new Set(known), new Set(replies.map(({ body }) => body.signingSecret)))
    }
  })

  await t.test('no subscription is left without its stream', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [stream, path] = [`short-${round}`, `/v1/subscriptions/late-${round}`]
      assert.equal((await one('PUT', `/v1/streams/${stream}`, { partitions: 1 })).status, 201)
      const [gone, made] = await Promise.all([
        one('DELETE', `/v1/streams/${stream}`),
        other('PUT', path, { stream, destination: target(9000) }),
      ])
      assert.ok([204, 409].includes(gone.status), String(gone.status))
      assert.equal(made.status, gone.status === 204 ? 400 : 201)
    }
  })

  await t.test('one key with scope manage is left when the last two go at once', async () => {
    const known = (await one('GET', '/v1/keys')).body.items as { id: string; scopes: string[] }[]
    const admin = known.find(({ scopes }) => scopes.includes('manage'))?.id
    const second = (await one('POST', '/v1/keys', { name: 'second', scopes: ['manage'] })).body
    const replies = await both((api, at) => api('DELETE', `/v1/keys/${at === 0 ? admin : second.id}`))
    assert.deepEqual(statuses(replies), [204, 409])
  })
})
