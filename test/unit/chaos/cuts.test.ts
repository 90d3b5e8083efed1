import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { between, othersThan, rulesOf } from '../../chaos/faults/cuts.ts'

const clientsOf = (id: number) => `^(broker-${id}-.*|raft-client-${id}|${id})$`

describe('cuts between brokers', () => {
  it('stop what one says, whoever opened the connection, and not what it hears', () => {
    assert.deepEqual(rulesOf([[1, 2]], ['peers']), [
      ['kafka-1/peers', [{ clients: clientsOf(2), up: { isCut: false }, down: { isCut: true } }]],
      ['kafka-2/peers', [{ clients: clientsOf(1), up: { isCut: true }, down: { isCut: false } }]],
    ])
  })

  it('part two brokers and leave the third one alone', () => {
    const rules = rulesOf(between(1, [3]), ['peers', 'control'])
    const routes = rules.map(([route, some]) => [route, some.map(({ clients }) => clients)])
    assert.deepEqual(routes, [
      ['kafka-1/peers', [clientsOf(3)]],
      ['kafka-1/control', [clientsOf(3)]],
      ['kafka-3/peers', [clientsOf(1)]],
      ['kafka-3/control', [clientsOf(1)]],
    ])
  })

  it('isolate one from both others, and never from itself', () => {
    const rules = new Map(rulesOf(between(2, othersThan(2)), ['control']))
    assert.deepEqual(
      [...rules].map(([route, some]) => [route, some.map(({ clients }) => clients)]),
      [
        ['kafka-1/control', [clientsOf(2)]],
        ['kafka-2/control', [clientsOf(1), clientsOf(3)]],
        ['kafka-3/control', [clientsOf(2)]],
      ],
    )
    for (const rule of [...rules.values()].flat()) assert.deepEqual([rule.up?.isCut, rule.down?.isCut], [true, true])
  })
})
