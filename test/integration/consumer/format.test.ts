import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runConsumer } from './fixture.ts'

const structured = (id: string, rest: string) => ({
  ...{
    key: 'k',
    id,
    value: Buffer.from(`{"specversion":"1.0","id":"${id}","source":"/shop","type":"order.created",${rest}}`),
  },
  headers: { 'content-type': 'application/cloudevents+json' },
})

test('in binary format a receiver gets the data alone, signed, with the attributes as headers', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver, { destination: { format: 'binary' } })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  await installation.publish([
    structured('e1', '"data": {"total": 1.0}'),
    structured('e2', '"data_base64": "AAEC", "datacontenttype": "image/png"'),
    { ...structured('e3', '"data": "<a/>", "datacontenttype": "text/xml"') },
    { key: 'k', id: 'e4', value: Buffer.from('{"plain":true}') },
    { ...structured('e5', '"data":1'), value: Buffer.from('{"specversion') },
  ])
  await until('all is finished', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual(
    receiver.requests.map(({ headers, body }) => [headers['ce-id'], headers['content-type'], body.toString('latin1')]),
    [
      ['e1', 'application/json', '{"total": 1.0}'],
      ['e2', 'image/png', '\0\u0001\u0002'],
      ['e3', 'text/xml', '<a/>'],
      ['e4', 'application/json', '{"plain":true}'],
    ],
  )
  const [secret] = installation.catalog.signingSecrets(subscription.uid)
  for (const { headers, body } of receiver.requests) {
    const signed = createHmac('sha256', secret?.secret ?? '')
      .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
      .update(body)
    assert.equal(headers['webhook-signature'], `v1,${signed.digest('base64')}`)
    assert.equal(headers['ce-type'], 'order.created')
  }
  await until('the broken one is a dead letter', () => deadLetters.length === 1)
  assert.equal(deadLetters[0]?.headers.tailrace_cause, 'malformed-record')
})
