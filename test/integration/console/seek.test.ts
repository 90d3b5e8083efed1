import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { until } from '../../support/until.ts'
import { connectionOf } from '../kafka/fixture.ts'
import { createInstallation, type Installation, quietLog } from './running-console.ts'

const path = '/v1/subscriptions/demo-inbox'
const wordOf = (seen: { status: number; body: { [member: string]: unknown } }) => [seen.status, seen.body.code]

/** What a consumer has: the catalog, and lanes to write events and its state. */
async function openConsumerSide({ prefix, defer }: Installation) {
  const [connection, topics] = [connectionOf('consumer'), topicNames(prefix)]
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  const box = createSecretBox(randomBytes(32))
  const catalog = await openCatalog({
    ...{ connection, topic: topics.catalog, lanes, instance: connection.clientId, box, log: quietLog },
  })
  defer(async () => {
    await catalog.close()
    await lanes.close()
  })
  const append = async (partition: number, count: number) => {
    const event = { key: null, value: Buffer.from('x'), headers: {} }
    for (let done = 0; done < count; done += 1) await lanes.append(topics.events('demo'), partition, event)
  }
  return { catalog, append }
}

test('a paused subscription is moved by a record that its consumers see', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const { catalog, append } = await openConsumerSide(installation)
  const uid = String((await api('GET', path)).body.uid)
  await append(0, 3)
  await append(1, 1)
  const between = new Date(Date.now() + 1).toISOString()
  await until('the next event is later than that', () => new Date().toISOString() > between)
  await append(0, 2)
  const seek = (to: unknown, more: object = {}) => api('POST', `${path}/seek`, { to, ...more })
  const seen = (what: string) =>
    until(what, () => {
      const position = catalog.position(uid)
      return position?.id !== last && position
    })
  let last: string | undefined

  await t.test('a running one is refused', async () => {
    assert.deepEqual(wordOf(await seek('latest')), [409, 'not-paused'])
    assert.deepEqual(wordOf(await seek('latest', { dryRun: true })), [409, 'not-paused'])
    assert.equal((await api('POST', `${path}/pause`)).status, 200)
  })

  await t.test('a dry run tells what would happen and changes nothing', async () => {
    const { status, body } = await seek('latest', { dryRun: true })
    assert.deepEqual([status, body], [200, { skipped: 6, repeated: 0, applied: false }])
    assert.deepEqual((await seek('earliest', { dryRun: true })).body, { skipped: 0, repeated: 0, applied: false })
    assert.ok(await catalog.catchUp(5_000))
    assert.equal(catalog.position(uid), undefined)
  })

  await t.test('the end, a time and the beginning become offsets of all partitions', async () => {
    assert.deepEqual((await seek('latest')).body, { skipped: 6, repeated: 0, applied: true })
    const first = await seen('the move to the end')
    assert.deepEqual(first.offsets, { 0: 5, 1: 1, 2: 0, 3: 0, 4: 0, 5: 0 })
    last = first.id
    assert.deepEqual((await seek(between)).body, { skipped: 0, repeated: 2, applied: true })
    const second = await seen('the move to a time')
    assert.deepEqual(second.offsets, { 0: 3, 1: 1, 2: 0, 3: 0, 4: 0, 5: 0 })
    last = second.id
    assert.deepEqual((await seek('earliest')).body, { skipped: 0, repeated: 4, applied: true })
    last = (await seen('the move to the beginning')).id
  })

  await t.test(
    'a move of some partitions keeps an earlier one of others, and the same move again is a new one',
    async () => {
      assert.deepEqual((await seek({ 0: 4 })).body, { skipped: 4, repeated: 0, applied: true })
      const once = await seen('the move of one partition')
      assert.deepEqual(once.offsets, { 0: 4, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 })
      last = once.id
      assert.deepEqual((await seek({ 0: 4 })).body, { skipped: 0, repeated: 0, applied: true })
      last = (await seen('the same move again')).id
    },
  )

  await t.test('once it was resumed an earlier move is no part of the next one', async () => {
    await api('POST', `${path}/resume`)
    assert.deepEqual(wordOf(await seek('latest')), [409, 'not-paused'])
    await api('POST', `${path}/pause`)
    assert.deepEqual((await seek({ 1: 1 })).body, { skipped: 1, repeated: 0, applied: true })
    assert.deepEqual((await seen('the move after the resume')).offsets, { 1: 1 })
  })

  await t.test('what cannot be a position is refused with the member at fault', async () => {
    const wrong: [unknown, string][] = [
      ['yesterday', '/to'],
      [undefined, '/to'],
      [7, '/to'],
      [{}, '/to'],
      [{ 0: 6 }, '/to/0'],
      [{ 0: -1 }, '/to/0'],
      [{ 0: 1.5 }, '/to/0'],
      [{ 6: 0 }, '/to/6'],
    ]
    for (const [to, pointer] of wrong) {
      const refused = await seek(to)
      assert.deepEqual(wordOf(refused), [400, 'body-invalid'], JSON.stringify(to))
      assert.equal((refused.body.errors as { pointer: string }[])[0]?.pointer, pointer)
    }
    assert.equal((await seek('latest', { dry: true })).body.code, 'unknown-field')
    assert.deepEqual(wordOf(await api('POST', '/v1/subscriptions/absent/seek', { to: 'latest' })), [
      ...[404, 'subscription-unknown'],
    ])
  })

  await t.test('one that stopped itself can be moved without a pause', async () => {
    await api('POST', `${path}/resume`)
    const since = new Date(Date.now() + 1_000).toISOString()
    await catalog.write(recordKey.state(uid), { uid, startedAt: since, reason: 'offsets-lost', since })
    assert.equal((await seek('latest')).status, 200)
  })

  await t.test('the position goes with the subscription', async () => {
    assert.ok(catalog.position(uid))
    assert.equal((await api('DELETE', path)).status, 204)
    await until('the position is gone', () => catalog.position(uid) === undefined)
  })
})
