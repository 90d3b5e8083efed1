import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openAdmin } from '#shared/kafka/admin.ts'
import { defer } from '../../support/defer.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import { kcatMissing, writeRecord } from '../../support/kcat.ts'
import { followSettings, followTopic } from '../../support/kcat-follow.ts'
import { until } from '../../support/until.ts'
import { adminFor, connectionOf, topicFor } from '../kafka/fixture.ts'

test('a tap hands over every record once, also of a topic that comes after it', { skip: kcatMissing }, async (t) => {
  const admin = await openAdmin(connectionOf('admin'))
  defer(t, () => admin.close())
  const topic = uniqueName('followed')
  const seen: string[] = []
  const following = followTopic(testBrokers(), topic, ({ offset, value }) => seen.push(`${offset} ${value}`))
  defer(t, () => following.stop())
  await admin.createTopic({ name: topic, partitions: 1 })
  defer(t, () => admin.deleteTopic(topic))
  for (const value of ['a', 'b\nc']) await writeRecord(testBrokers(), { topic, value })
  await until('both records are seen', () => seen.length >= 2)
  await writeRecord(testBrokers(), { topic, value: 'd' })
  await until('the third one is seen', () => seen.length >= 3)
  assert.deepEqual(seen, ['0 a', '1 b\nc', '2 d'])
})

test('a tap whose offset a broker does not have begins anew and skips nothing', { skip: kcatMissing }, async (t) => {
  const topic = await topicFor(t, await adminFor(t), { partitions: 1 })
  for (const value of ['a', 'b']) await writeRecord(testBrokers(), { topic, value })
  const beyond = ['-C', '-q', '-e', '-b', testBrokers().join(','), '-t', topic, '-o', '1000', '-f', '%s ']
  const { stdout } = await promisify(execFile)('kcat', [...beyond, ...followSettings], { timeout: 30_000 })
  assert.equal(stdout, 'a b ')
})
