import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { isVerified } from '../../../../services/cli/demo/verify.ts'

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const otherSecret = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
const body = Buffer.from('{"hello":"wörld"}')

const signed = (at: Date, by = secret) => ({
  'webhook-id': 'evt_1',
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(by).sign('evt_1', at, body.toString()),
})

describe('the demo receiver', () => {
  it('accepts what the reference library signed', () => {
    assert.equal(isVerified(signed(new Date()), body, secret), true)
  })

  it('accepts one good signature among others, as during a rotation', () => {
    const headers = signed(new Date())
    const both = `${signed(new Date(), otherSecret)['webhook-signature']} ${headers['webhook-signature']}`
    assert.equal(isVerified({ ...headers, 'webhook-signature': both }, body, secret), true)
  })

  it('refuses another secret, another body, another id and no signature at all', () => {
    const headers = signed(new Date())
    assert.equal(isVerified(headers, body, otherSecret), false)
    assert.equal(isVerified(headers, Buffer.from('{}'), secret), false)
    assert.equal(isVerified({ ...headers, 'webhook-id': 'evt_2' }, body, secret), false)
    assert.equal(isVerified({}, body, secret), false)
  })

  it('refuses what was signed more than five minutes ago', () => {
    assert.equal(isVerified(signed(new Date(Date.now() - 301_000)), body, secret), false)
    assert.equal(isVerified({ ...signed(new Date()), 'webhook-timestamp': 'now' }, body, secret), false)
  })
})
