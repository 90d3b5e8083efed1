import assert from 'node:assert/strict'
import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { publicKeyOf, signEd25519 } from '#shared/delivery/ed25519.ts'
import { type SignedContent, type SigningSecret, sign as signWith, verify } from '#shared/delivery/signature.ts'

const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
const other = Buffer.alloc(32, 7)
const body = Buffer.from('{"test": 2432232314}')
const vector = { webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1614265330, body }
const nowSeconds = Math.floor(Date.now() / 1000)
const fresh = { webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA', timestampSeconds: nowSeconds, body }
const seed = Buffer.alloc(32, 5)
const live = (secret: Buffer, validUntil: string | null = null) => ({ secret, privateKey: seed, validUntil })
const sign = (content: SignedContent, secrets: readonly SigningSecret[]) =>
  signWith(content, { schemes: ['v1'], secrets })

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

/** RFC 8032 7.1, TEST 1 to 3: private key, public key, message, signature. */
const ed25519Vectors: readonly (readonly [string, string, string, string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
]

test('the vectors of RFC 8032 come out', () => {
  for (const [privateKey, publicKey, message, signature] of ed25519Vectors) {
    const seed = Buffer.from(privateKey, 'hex')
    assert.equal(publicKeyOf(seed).toString('hex'), publicKey)
    assert.equal(signEd25519(Buffer.from(message, 'hex'), seed).toString('hex'), signature)
  }
})

/** What a receiver does that was given `whpk_…`: written from the specification, with nothing of ours. */
function verifiesV1a({ webhookId, timestampSeconds, body }: SignedContent, signatures: string, publicKey: Buffer) {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') },
    format: 'jwk',
  })
  const content = `${webhookId}.${timestampSeconds}.${body.toString('latin1')}`
  return signatures
    .split(' ')
    .map((entry) => entry.split(',') as [string, string])
    .filter(([scheme]) => scheme === 'v1a')
    .some(([, text]) => verifySignature(null, Buffer.from(content, 'latin1'), key, Buffer.from(text, 'base64')))
}

test('a v1a signature is what a receiver with the public key expects, whatever the bytes are', () => {
  const publicKey = publicKeyOf(seed)
  for (const signed of [body, Buffer.alloc(0), Buffer.from('größe €'), Buffer.from([0, 255, 254, 13, 10])]) {
    const content = { ...fresh, body: signed }
    const signatures = signWith(content, { schemes: ['v1a'], secrets: [live(secret)] })
    assert.match(signatures, /^v1a,[A-Za-z0-9+/]{86}==$/)
    assert.equal(verifiesV1a(content, signatures, publicKey), true)
    assert.equal(verifiesV1a({ ...content, webhookId: 'evt_other' }, signatures, publicKey), false)
    assert.equal(verifiesV1a({ ...content, timestampSeconds: nowSeconds + 1 }, signatures, publicKey), false)
    assert.equal(verifiesV1a({ ...content, body: Buffer.from('x') }, signatures, publicKey), false)
    assert.equal(verifiesV1a(content, signatures, publicKeyOf(Buffer.alloc(32, 6))), false)
  }
})

test('each scheme signs with its own half of every valid secret, and equal signatures stand there once', () => {
  const later = new Date((nowSeconds + 60) * 1000).toISOString()
  const [now, before] = [
    { secret, privateKey: seed, validUntil: null },
    { secret: other, privateKey: Buffer.alloc(32, 6), validUntil: later },
  ]
  const schemesOf = (signatures: string) => signatures.split(' ').map((entry) => entry.split(',')[0])
  const both = signWith(fresh, { schemes: ['v1', 'v1a'], secrets: [now, before] })
  assert.deepEqual(schemesOf(both), ['v1', 'v1', 'v1a', 'v1a'])
  for (const known of [now, before]) {
    assert.equal(verify({ ...fresh, signatures: both, nowSeconds }, known.secret), true)
    assert.equal(verifiesV1a(fresh, both, publicKeyOf(known.privateKey)), true)
  }
  const imported = signWith(fresh, { schemes: ['v1', 'v1a'], secrets: [now, { ...before, privateKey: seed }] })
  assert.deepEqual(schemesOf(imported), ['v1', 'v1', 'v1a'])
  const ended = signWith(fresh, {
    schemes: ['v1a'],
    secrets: [now, { ...before, validUntil: '2020-01-01T00:00:00.000Z' }],
  })
  assert.deepEqual(schemesOf(ended), ['v1a'])
})
