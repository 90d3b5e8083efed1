import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { openAdmin } from '#shared/kafka/admin.ts'
import { createLogger } from '#shared/observability/log.ts'
import { defer, deferrer } from '../support/defer.ts'
import { uniqueName } from '../support/dependencies.ts'
import { type KcatRecord, kcatMissing, readTopic, writeRecord } from '../support/kcat.ts'
import { createReceiver } from '../support/receiver.ts'
import { type Stack, useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** A topic that somebody else made. */
async function createTopic(t: TestContext, { brokers }: Stack): Promise<string> {
  const name = uniqueName('my-topic')
  const admin = await openAdmin({
    brokers,
    clientId: 'somebody-else',
    log: createLogger('test', { level: 'silent', instance: 'test' }),
  })
  defer(t, async () => {
    await admin.deleteTopic(name)
    await admin.close()
  })
  await admin.createTopic({ name, partitions: 3 })
  return name
}

describe('any Kafka client', { skip: kcatMissing }, () => {
  it('writes "Hello, World!" to a bound topic, and it is delivered as a plain event', async (t) => {
    const stack = await useStack(t)
    const topic = await createTopic(t, stack)
    const stream = uniqueName('bound')
    await stack.api.putStream(stream, { topic })
    defer(t, () => stack.api.deleteStream(stream))
    const receiver = await createReceiver(deferrer(t))
    const targets = [{ url: receiver.url }]
    const { signingSecret = '' } = await stack.api.putSubscription(stream, { stream, destination: { targets } })
    defer(t, () => stack.api.deleteSubscription(stream))

    await writeRecord(stack.brokers, { topic, value: 'Hello, World!' })
    const { headers, body } = await until('it is delivered', () => receiver.requests[0])
    assert.equal(body.toString(), 'Hello, World!')
    assert.equal(headers['content-type'], 'application/octet-stream')
    assert.equal(headers['ce-id'], headers['tailrace-position'])
    assert.match(String(headers['ce-id']), new RegExp(`^${stream}-[0-2]-0$`))
    assert.equal(headers['ce-source'], `/streams/${stream}`)
    assert.equal(headers['ce-type'], 'tailrace.event')
    new Webhook(signingSecret).verify(body, headers as Record<string, string>, { jsonParse: false })
  })

  it('reads an event that was published over HTTP, with its attributes as ce_ headers', async (t) => {
    const stack = await useStack(t)
    const stream = uniqueName('open')
    const { topic } = await stack.api.putStream(stream)
    defer(t, () => stack.api.deleteStream(stream))
    const attributes = { specversion: '1.0', id: 'a-1', source: '/shop', type: 'order.created', color: 'blue' }
    const named = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
    const headers = { 'content-type': 'application/json', 'ce-partitionkey': 'customer-77', ...named }
    const answer = await until('the producer knows the stream', async () => {
      const one = await stack.api.publish(stream, { body: '{ "total": 1.10 }', headers })
      return one.status !== 503 && one
    })
    assert.equal(answer.status, 202, answer.text)

    const records: KcatRecord[] = []
    for await (const one of readTopic(stack.brokers, topic)) records.push(one)
    const [record] = records
    assert.ok(record !== undefined && records.length === 1, `${records.length} records`)
    assert.equal(record.value?.toString(), '{ "total": 1.10 }')
    assert.equal(record.key?.toString(), 'customer-77')
    assert.equal(record.headers['content-type'], 'application/json')
    for (const [name, value] of Object.entries(attributes)) assert.equal(record.headers[`ce_${name}`], value)
    const { partition, offset } = JSON.parse(answer.text) as { partition: number; offset: number }
    assert.deepEqual([record.partition, record.offset], [partition, offset])
  })
})
