import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { sign, verify } from '#shared/delivery/signature.ts'

const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
const other = Buffer.alloc(32, 7)
const body = Buffer.from('{"test": 2432232314}')
const vector = { webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1614265330, body }
const nowSeconds = Math.floor(Date.now() / 1000)
const fresh = { webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA', timestampSeconds: nowSeconds, body }
const live = (bytes: Buffer, validUntil: string | null = null) => ({ secret: bytes, validUntil })

test('the published vector of Standard Webhooks comes out', () => {
  assert.equal(sign(vector, [live(secret)]), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test('the library of Standard Webhooks accepts what we sign, bytes that are no JSON and no UTF-8 too', () => {
  const webhook = new Webhook(`whsec_${secret.toString('base64')}`)
  const headers = (signed: Buffer) => ({
    'webhook-id': fresh.webhookId,
    'webhook-timestamp': String(fresh.timestampSeconds),
    'webhook-signature': sign({ ...fresh, body: signed }, [live(secret)]),
  })
  for (const signed of [body, Buffer.from('Hello, World!'), Buffer.alloc(0), Buffer.from('größe €')]) {
    webhook.verify(signed.toString(), headers(signed), { jsonParse: false })
  }
  assert.throws(() => webhook.verify('{"test": 1}', headers(body), { jsonParse: false }))
})

test('during a rotation both secrets sign, so a receiver with either accepts', () => {
  const later = new Date((nowSeconds + 60) * 1000).toISOString()
  const signatures = sign(fresh, [live(other), live(secret, later)])
  assert.equal(signatures.split(' ').length, 2)
  for (const known of [secret, other]) {
    assert.equal(verify({ ...fresh, signatures, nowSeconds }, known), true)
    new Webhook(known.toString('base64')).verify(body, {
      'webhook-id': fresh.webhookId,
      'webhook-timestamp': String(nowSeconds),
      'webhook-signature': signatures,
    })
  }
})

test('an old secret stops signing at the moment its overlap ends', () => {
  const until = (seconds: number) => new Date(seconds * 1000).toISOString()
  const signedAt = (validUntil: string) => sign(fresh, [live(other), live(secret, validUntil)]).split(' ').length
  assert.equal(signedAt(until(nowSeconds)), 1)
  assert.equal(signedAt(until(nowSeconds + 1)), 2)
})

test('another id, time, body or secret does not verify', () => {
  const received = { ...fresh, signatures: sign(fresh, [live(secret)]), nowSeconds }
  assert.equal(verify(received, secret), true)
  assert.equal(verify({ ...received, webhookId: 'evt_other' }, secret), false)
  assert.equal(verify({ ...received, timestampSeconds: nowSeconds - 1 }, secret), false)
  assert.equal(verify({ ...received, body: Buffer.from('{"test": 2432232315}') }, secret), false)
  assert.equal(verify(received, other), false)
})

test('a request older or newer than 5 minutes does not verify', () => {
  const received = { ...fresh, signatures: sign(fresh, [live(secret)]) }
  assert.equal(verify({ ...received, nowSeconds: nowSeconds + 300 }, secret), true)
  assert.equal(verify({ ...received, nowSeconds: nowSeconds + 301 }, secret), false)
  assert.equal(verify({ ...received, nowSeconds: nowSeconds - 301 }, secret), false)
  assert.equal(verify({ ...received, timestampSeconds: Number.NaN, nowSeconds }, secret), false)
})

test('signatures of other schemes, cut ones and nonsense are passed over', () => {
  const right = sign(fresh, [live(secret)])
  const verifies = (signatures: string) => verify({ ...fresh, signatures, nowSeconds }, secret)
  for (const wrong of ['', 'v1', 'v1,', 'v1,!', right.slice(0, -4), right.replace('v1', 'v2'), 'v1a,AAAA']) {
    assert.equal(verifies(wrong), false, wrong)
  }
  assert.equal(verifies(`v1a,AAAA v2,x ${right}`), true)
})
