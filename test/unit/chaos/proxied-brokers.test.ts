import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settingsOf } from '../../chaos/preparations/proxied-brokers.ts'

describe('a broker behind proxies', () => {
  it('advertises them for every way to it, that to the quorum too, and that of clients first', () => {
    const settings = settingsOf(
      { behind: { clients: 1, peers: 2, control: 3 }, inFront: { clients: 11, peers: 12, control: 13 } },
      '1@127.0.0.1:13',
    )
    const { listeners, 'advertised.listeners': advertised, 'controller.quorum.voters': voters } = settings
    assert.equal(listeners, 'CLIENT://127.0.0.1:1,INTERNAL://127.0.0.1:2,CONTROLLER://127.0.0.1:3')
    assert.equal(advertised, 'CLIENT://127.0.0.1:11,INTERNAL://127.0.0.1:12,CONTROLLER://127.0.0.1:13')
    assert.equal(voters, '1@127.0.0.1:13')
  })
})
