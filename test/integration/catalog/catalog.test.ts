import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { withDefaults } from '#shared/catalog/schema.ts'
import { streamDefinition } from '#shared/catalog/stream-schema.ts'
import { inTurn } from '#shared/catalog/turns.ts'
import { besideTarget } from '../../support/targets.ts'
import { until } from '../../support/until.ts'
import { createCatalogTopic } from './open-catalogs.ts'

const at = '2026-11-21T09:14:03.120Z'
const promisedMs = 1_000
/** As long as a catalog tries by itself. */
const patienceMs = 10_000

function streamNamed(name: string, description = '') {
  const definition = withDefaults(streamDefinition, { description })
  return { ...definition, name, topic: `t.${name}`, bound: false, createdAt: at, updatedAt: at }
}

test('a change is seen by every other process within a second', async (t) => {
  const { open } = await createCatalogTopic(t)
  const [writer, reader] = [await open(), await open()]
  const delaysMs: number[] = []
  for (let round = 0; round < 20; round += 1) {
    const name = `s${round}`
    const seen = new Promise<number>((resolve) => {
      const stop = reader.onChange(() => {
        if (reader.stream(name) === undefined) return
        stop()
        resolve(performance.now())
      })
    })
    const started = performance.now()
    const revision = await writer.write(recordKey.stream(name), streamNamed(name))
    assert.equal(writer.stream(name)?.revision, revision)
    delaysMs.push((await seen) - started)
    assert.deepEqual(reader.stream(name), writer.stream(name))
  }
  const sorted = delaysMs.sort((a, b) => a - b)
  const [median = Number.NaN, worst = Number.NaN] = [sorted[10], sorted[19]]
  t.diagnostic(`visible elsewhere after ${Math.round(median)} ms (median)`)
  t.diagnostic(besideTarget('the worst', worst, promisedMs))
  // One late change may be the machine's fault; of a view that has to ask for changes many are late.
  assert.ok(median < promisedMs)
})

test('a new process builds the same view, tombstones included', async (t) => {
  const { open } = await createCatalogTopic(t)
  const first = await open()
  for (const name of ['a', 'b', 'c']) await first.write(recordKey.stream(name), streamNamed(name))
  await first.write(recordKey.stream('b'), null)
  await first.write(recordKey.stream('c'), streamNamed('c', 'changed'))
  const second = await open()
  assert.deepEqual(second.streams(), first.streams())
  assert.deepEqual(
    second.streams().map(({ name }) => name),
    ['a', 'c'],
  )
  assert.equal(second.stream('c')?.description, 'changed')
})

test('catching up sees what another process wrote before the question', async (t) => {
  const { open } = await createCatalogTopic(t)
  const [writer, reader] = [await open(), await open()]
  for (let round = 0; round < 10; round += 1) {
    await writer.write(recordKey.stream('s'), streamNamed('s', `round ${round}`))
    const askedAtMs = performance.now()
    const answers = await Promise.all([reader.catchUp(patienceMs), reader.catchUp(patienceMs)])
    assert.deepEqual(answers, [true, true])
    assert.equal(reader.stream('s')?.description, `round ${round}`)
    assert.ok(performance.now() - reader.staleMs() > askedAtMs, 'the topic has answered since')
  }
})

test('a writer that lost its turn learns it, and what it wrote counts nowhere, now and for those who come later', async (t) => {
  const { open } = await createCatalogTopic(t)
  const [one, other] = [await open(), await open()]
  const key = recordKey.stream('s')
  assert.equal(await one.takeTurn(patienceMs), true)
  const revision = await one.write(key, streamNamed('s', 'one'))
  assert.equal(await other.takeTurn(patienceMs), true)
  await assert.rejects(one.write(key, streamNamed('s', 'late')), /revision-conflict/)
  await assert.rejects(one.write(key, null), /revision-conflict/)
  await assert.rejects(one.write(recordKey.stream('t'), streamNamed('t')), /revision-conflict/)
  const third = await open()
  for (const catalog of [one, other, third]) {
    assert.equal(await catalog.catchUp(patienceMs), true)
    assert.deepEqual(
      catalog.streams().map(({ description, revision }) => ({ description, revision })),
      [{ description: 'one', revision }],
    )
    assert.equal(catalog.overwritten().length, 2)
  }
  await other.mend()
  assert.equal(await third.catchUp(patienceMs), true)
  assert.deepEqual(third.overwritten(), [])
  assert.equal(third.stream('s')?.revision, revision)
})

test('changes of two processes at once are made one after the other, each on what the one before has written', async (t) => {
  const { open } = await createCatalogTopic(t)
  const catalogs = [await open(), await open()]
  const add = async (catalog: Catalog, text: string) => {
    const known = catalog.stream('s')?.description ?? ''
    await catalog.write(recordKey.stream('s'), streamNamed('s', known + text))
  }
  const ended = await Promise.allSettled(
    catalogs.map(async (catalog, at) => {
      for (let round = 0; round < 10; round += 1) await inTurn(catalog, () => add(catalog, `${at}`))
    }),
  )
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'fulfilled'],
  )
  const [reader] = catalogs
  // The other one may have written last, which only that one has read by now.
  assert.equal(await reader?.catchUp(patienceMs), true)
  const written = [...(reader?.stream('s')?.description ?? '')]
  assert.deepEqual(written.sort(), [...'0'.repeat(10), ...'1'.repeat(10)])
})

test('a record nobody can read leaves the last good value in place', async (t) => {
  const { open, lanes, topic } = await createCatalogTopic(t)
  const catalog = await open()
  const key = Buffer.from(recordKey.stream('s'))
  const good = await catalog.write(recordKey.stream('s'), streamNamed('s'))
  for (const value of ['{', '[]', JSON.stringify({ ...streamNamed('s'), partitions: 'six' })]) {
    await lanes.append(topic, 0, { key, value: Buffer.from(value), headers: {} })
  }
  const newer = JSON.stringify({ ...streamNamed('t'), colour: 'red' })
  await lanes.append(topic, 0, { key: Buffer.from(recordKey.stream('t')), value: Buffer.from(newer), headers: {} })
  await lanes.append(topic, 0, { key: Buffer.from('future/thing'), value: Buffer.from('?'), headers: {} })
  await until('the record after the unreadable ones is there', () => catalog.stream('t'))
  assert.equal(catalog.stream('s')?.revision, good)
  assert.equal(Reflect.get(catalog.stream('t') ?? {}, 'colour'), 'red')
})
