import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { createThreadLogger } from '#shared/observability/log.ts'
import { openSearchIndex } from '../../../../services/console/index/search-index.ts'
import { until } from '../../../support/until.ts'
import { indexOf, orders } from './synthetic.ts'

/** Nothing listens there: the writer waits for Kafka all the time. */
const brokers = ['127.0.0.1:1']
const topics = { attempts: 'attempts', deadLetters: 'dead-letters', audit: 'audit', eventsPrefix: 'events.' }
const kept = { retentionMs: 1e9, mostBytes: 1e9, logLevel: 'silent' }
const log = createThreadLogger('silent', () => {})

test('answers from threads of its own while Kafka is away, and closes', async (t) => {
  const { publish, file } = indexOf(t)
  publish([{ id: 'a' }, { id: 'b' }])
  const index = openSearchIndex({ data: { ...file, brokers, clientId: 'test', topics, ...kept }, log })
  t.after(() => index.close())
  const found = await index.ask('findEvents', { id: 'b' })
  assert.deepEqual(
    found.map(({ offset }) => offset),
    [1],
  )
  index.follow([orders])
  await until('it has the lock', () => index.role() === 'writing')
  assert.equal(await index.catchUp(100), false)
  await index.close()
  await assert.rejects(index.ask('findEvents', { id: 'b' }), { code: 'index-unavailable' })
})

test('of two on one folder one writes, and the other one does when that ends', async (t) => {
  const { file } = indexOf(t)
  const open = () => openSearchIndex({ data: { ...file, brokers, clientId: 'test', topics, ...kept }, log })
  const [one, other] = [open(), open()]
  t.after(() => other.close())
  one.follow([])
  await until('the first one writes', () => one.role() === 'writing')
  other.follow([])
  await until('the second one serves', () => other.role() === 'serving')
  await one.close()
  await until('the second one writes', () => other.role() === 'writing')
})

test('says that there is none while there is none', async (t) => {
  const { file } = indexOf(t)
  const path = `${file.path}.none`
  t.after(() => rmSync(path, { force: true }))
  const index = openSearchIndex({ data: { ...file, path, brokers, clientId: 'test', topics, ...kept }, log })
  t.after(() => index.close())
  await assert.rejects(index.ask('findEvents', { id: 'b' }), { code: 'index-unavailable' })
})
