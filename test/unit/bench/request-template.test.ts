import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { countingNumbers, type RequestShape, requestTemplate } from '../../bench/load/request-template.ts'

const shape: RequestShape = {
  ...{ address: '127.0.0.1:8080', stream: 'orders', apiKey: 'tr_x_y' },
  ...{ keys: 0, events: 1, ownIds: false },
}

const numbers = () => countingNumbers(() => 0.5)

function sent(changes: Partial<RequestShape>, template = requestTemplate({ ...shape, ...changes }, numbers())) {
  const [head = '', body = ''] = template.next().toString().split('\r\n\r\n')
  const [line, ...headers] = head.split('\r\n')
  return { line, headers, body }
}

describe('a request of the load', () => {
  it('is one event of 1 KB that announces its length', () => {
    const { line, headers, body } = sent({})
    assert.equal(line, 'POST /v1/streams/orders/events HTTP/1.1')
    assert.ok(headers.includes('content-length: 1024') && headers.includes('authorization: Bearer tr_x_y'))
    assert.equal(body.length, 1_024)
    assert.equal(typeof JSON.parse(body).order, 'string')
  })

  it('draws a key for every event', () => {
    assert.equal(sent({ keys: 10_000 }).line, 'POST /v1/streams/orders/events?key=k005000 HTTP/1.1')
  })

  it('brings an id that no earlier request had, also not on another connection', () => {
    const counting = numbers()
    const templates = [1, 2].map(() => requestTemplate({ ...shape, ownIds: true }, counting))
    const ids = [...templates, ...templates].map((template) =>
      sent({}, template).headers.find((header) => header.startsWith('ce-id')),
    )
    assert.deepEqual(ids, ['ce-id: 250000000001', 'ce-id: 250000000002', 'ce-id: 250000000003', 'ce-id: 250000000004'])
  })

  it('is a batch of CloudEvents of 1 KB, each with its own id and key', () => {
    const { headers, body } = sent({ events: 3, keys: 10 })
    assert.ok(headers.includes('content-type: application/cloudevents-batch+json'))
    assert.ok(headers.includes(`content-length: ${body.length}`))
    const events: Record<string, string>[] = JSON.parse(body)
    assert.deepEqual(
      events.map(({ id }) => id),
      ['250000000001', '250000000002', '250000000003'],
    )
    for (const event of events) {
      assert.equal(event.partitionkey, 'k000005')
      assert.equal(JSON.stringify(event).length, 1_024)
    }
  })
})
