import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openAccess, sealAccess, showAccess } from '#shared/catalog/destination-secrets.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { TailraceError } from '#shared/errors.ts'
import { defaultLimits } from '#shared/limits.ts'
import type { JsonObject } from '../../../services/console/body.ts'
import { patchOver, putOver } from '../../../services/console/kept-secrets.ts'
import { readSubscription } from '../../../services/console/subscription-body.ts'
import { makeCertificates } from '../../support/certificates.ts'

const box = createSecretBox(randomBytes(32))
const uid = 'k3v9q2'
const seal = { box, uid }
const egress = createEgressGuard('')
const pem = makeCertificates()
const client = { certificate: pem.good.toString(), key: pem.key.toString() }
const otherKey = makeCertificates().key.toString()

const bodyWith = (destination: object): JsonObject => ({
  stream: 'orders',
  destination: { targets: [{ url: 'https://billing.example/hooks' }], ...destination },
})

/** The destination that is stored when `body` is written over `known`. */
function store(body: JsonObject, known: Subscription | null = null) {
  const access = known === null ? null : openAccess(known.destination, seal)
  const { definition } = readSubscription(body, { egress, limits: defaultLimits, known, access })
  const { destination } = definition
  return { ...destination, ...sealAccess(destination, known?.destination ?? null, seal) }
}

const subscriptionWith = (destination: object) =>
  ({ stream: 'orders', uid, destination: store(bodyWith(destination)) }) as unknown as Subscription

const pointersOf = (write: () => unknown): string[] => {
  try {
    write()
    return []
  } catch (error) {
    assert.ok(error instanceof TailraceError, String(error))
    const text = JSON.stringify([error.message, error.options])
    assert.equal(/PRIVATE KEY-----\\n|hunter2/.test(text), false, 'no refusal repeats a secret')
    return (error.options.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`)
  }
}

test('every member is stored, secrets sealed; requests get all of it back, answers none of the secrets', () => {
  const given = {
    headers: { 'x-team': 'billing' },
    auth: { kind: 'basic', username: 'größe', password: 'hunter2' },
    tls: { ...client, ca: pem.ca.toString() },
  }
  const { destination } = subscriptionWith(given)
  const access = openAccess(destination, seal)
  const credentials = Buffer.from('größe:hunter2').toString('base64')
  assert.deepEqual(access.headers, ['x-team', 'billing', 'authorization', `Basic ${credentials}`])
  assert.deepEqual(access.tls, given.tls)
  const shown = showAccess(destination)
  for (const text of [JSON.stringify(destination), JSON.stringify(shown)]) {
    for (const secret of ['hunter2', credentials, 'PRIVATE KEY']) assert.equal(text.includes(secret), false, secret)
  }
  assert.deepEqual(Object.keys(shown.auth?.password ?? {}), ['set', 'updatedAt'])
  assert.equal(shown.tls.certificate, client.certificate)
  const bearer = openAccess(subscriptionWith({ auth: { kind: 'bearer', token: 'abc.def-~+/=' } }).destination, seal)
  assert.deepEqual(bearer.headers, ['authorization', 'Bearer abc.def-~+/='])
})

const known = subscriptionWith({ auth: { kind: 'bearer', token: 'hunter2-first' }, tls: client })
const opened = (destination: Subscription['destination']) => openAccess(destination, seal)
const put = (destination: object) => store(putOver(known, bodyWith(destination)), known)
const patch = (destination: object) => store(patchOver(known, { destination }), known)

test('secrets that a PUT or a PATCH leaves out stay, and so does what answers show in their place', () => {
  const shown = showAccess(known.destination)
  const rows: [string, () => Subscription['destination']][] = [
    ['PUT without them', () => put({ tls: { certificate: client.certificate } })],
    ['PUT of an answer', () => put(shown)],
    ['PUT of the kind alone', () => put({ auth: { kind: 'bearer' }, tls: { certificate: client.certificate } })],
    ['PUT of the same text', () => put({ auth: { kind: 'bearer', token: 'hunter2-first' }, tls: client })],
    ['PATCH without them', () => patch({})],
    ['PATCH of an answer', () => patch(shown)],
    ['PATCH of the kind alone', () => patch({ auth: { kind: 'bearer' } })],
  ]
  for (const [name, write] of rows) {
    const { auth, tls } = write()
    assert.deepEqual({ auth, tls }, { auth: known.destination.auth, tls: known.destination.tls }, name)
  }
})

test('a PUT replaces what stands beside the secrets: what it leaves out is not there any more', () => {
  const ca = pem.ca.toString()
  const before = subscriptionWith({
    auth: { kind: 'basic', username: 'u', password: 'hunter2' },
    tls: { ...client, ca },
  })
  const over = (destination: object) => store(putOver(before, bodyWith(destination)), before)
  const { certificate } = client
  const auth = { kind: 'basic', username: 'v' }
  const changed = over({ auth, tls: { certificate } })
  const credentials = Buffer.from('v:hunter2').toString('base64')
  assert.deepEqual(openAccess(changed, seal).headers, ['authorization', `Basic ${credentials}`])
  assert.deepEqual([changed.tls.key, changed.tls.ca], [before.destination.tls.key, null])
  const rows: [object, string[]][] = [
    [{ tls: { certificate } }, ['/destination/auth/username missing']],
    [{ auth: { kind: 'basic' }, tls: { certificate } }, ['/destination/auth/username missing']],
    [{ auth: { username: 'v' }, tls: { certificate } }, ['/destination/auth/kind missing']],
    [{ auth }, ['/destination/tls/certificate missing']],
    [{ auth, tls: { ca } }, ['/destination/tls/certificate missing']],
  ]
  for (const [destination, pointers] of rows) {
    assert.deepEqual(
      pointersOf(() => over(destination)),
      pointers,
      JSON.stringify(Object.keys(destination)),
    )
  }
  const trusted = subscriptionWith({ tls: { ca } })
  assert.equal(store(putOver(trusted, bodyWith({})), trusted).tls.ca, null)
  assert.equal(store(patchOver(trusted, { description: 'x' }), trusted).tls.ca, ca, 'a PATCH changes what it names')
})

test('null clears them, another text replaces them, another kind begins anew', () => {
  const { certificate } = client
  for (const write of [(members: object) => put({ tls: { certificate }, ...members }), patch]) {
    const cleared = write({ auth: null, tls: { certificate: null, key: null } })
    assert.deepEqual([cleared.auth, cleared.tls], [null, { certificate: null, key: null, ca: null }])
    assert.deepEqual(write({ tls: null }).tls, { certificate: null, key: null, ca: null })
    const replaced = write({ auth: { kind: 'bearer', token: 'hunter2-second' } })
    assert.deepEqual(opened(replaced).headers, ['authorization', 'Bearer hunter2-second'])
    const basic = write({ auth: { kind: 'basic', username: 'u', password: 'hunter2' } })
    assert.match(opened(basic).headers.join(' '), /^authorization Basic /)
    assert.deepEqual(
      pointersOf(() => write({ auth: { kind: 'bearer', token: null } })),
      ['/destination/auth/token missing'],
    )
    assert.deepEqual(
      pointersOf(() => write({ auth: { kind: 'basic', username: 'u' } })),
      ['/destination/auth/password missing'],
    )
    assert.deepEqual(
      pointersOf(() => write({ tls: { certificate, key: null } })),
      ['/destination/tls/key missing'],
    )
  }
})

test('another kind of destination begins without the secrets of the one before', () => {
  const known = subscriptionWith({ auth: { kind: 'bearer', token: 'hunter2' }, tls: client })
  const topic = { stream: 'orders', destination: { kind: 'kafka', topic: 'warehouse' } }
  assert.deepEqual(
    pointersOf(() => store(putOver(known, topic), known)),
    [],
  )
  const patch = { destination: { ...topic.destination, targets: [] } }
  assert.equal(showAccess(store(patchOver(known, patch), known) as Subscription['destination']).auth, null)
})

test('headers are removed by a PUT without them, and one by one by a PATCH', () => {
  const before = subscriptionWith({ headers: { 'x-a': '1', 'x-b': '2' } })
  assert.deepEqual(store(putOver(before, bodyWith({})), before).headers, {})
  const patched = patchOver(before, { destination: { headers: { 'x-a': null, 'x-c': '3' } } })
  assert.deepEqual(store(patched, before).headers, { 'x-b': '2', 'x-c': '3' })
})

test('a sealed secret of the catalog cannot be sent in', () => {
  const { auth } = known.destination
  assert.notDeepEqual(
    pointersOf(() => put({ auth })),
    [],
  )
  assert.deepEqual(
    pointersOf(() => store(bodyWith({ auth: { kind: 'bearer', token: { set: true } } }))),
    ['/destination/auth/token missing'],
  )
})

test('headers that Tailrace or the connection sets are refused by name', () => {
  const reserved = [
    ...['webhook-id', 'Webhook-Signature', 'webhook-anything', 'ce-id', 'CE-x', 'tailrace-key', 'Tailrace-Anything'],
    ...['Host', 'Content-Length', 'content-type', 'content-encoding', 'Transfer-Encoding', 'Connection', 'keep-alive'],
    ...['te', 'Trailer', 'upgrade', 'proxy-authorization', 'Proxy-Connection', 'expect', 'http2-settings'],
    ...['user-agent', 'traceparent', 'authorization', 'Authorization'],
  ]
  for (const name of reserved) {
    const pointers = pointersOf(() => store(bodyWith({ headers: { [name]: 'x' } })))
    assert.deepEqual(pointers, [`/destination/headers/${name} reserved`])
  }
  for (const name of ['x-team', 'X-Api-Version', 'cookie', 'x-webhook-id', 'a.b_c', 'date']) {
    assert.deepEqual(
      pointersOf(() => store(bodyWith({ headers: { [name]: 'x' } }))),
      [],
      name,
    )
  }
})

test('a header that could end another one, or that nobody could read, is refused', () => {
  const rows: [string, string, string][] = [
    ['x\r\nevil', 'x', 'wrong-form'],
    ['x:', 'x', 'wrong-form'],
    ['', 'x', 'wrong-form'],
    ['größe', 'x', 'wrong-form'],
    ['__proto__', 'x', 'wrong-form'],
    ['x-a', 'a\r\nevil: 1', 'wrong-form'],
    ['x-a', 'a\nb', 'wrong-form'],
    ['x-a', 'a\u0000', 'wrong-form'],
    ['x-a', ' a', 'wrong-form'],
    ['x-a', 'größe', 'wrong-form'],
    ['x'.repeat(101), 'x', 'too-long'],
  ]
  for (const [name, value, code] of rows) {
    const headers = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`)
    const [pointer = ''] = pointersOf(() => store(bodyWith({ headers })))
    assert.ok(pointer.endsWith(` ${code}`), `${JSON.stringify([name, value])}: ${pointer}`)
  }
  assert.deepEqual(
    pointersOf(() => store(bodyWith({ headers: { 'X-A': '1', 'x-a': '2' } }))),
    ['/destination/headers/x-a repeated'],
  )
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`x-${index}`, '']))
  assert.match(pointersOf(() => store(bodyWith({ headers: many })))[0] ?? '', /^\/destination\/headers /)
  const large = { 'x-a': 'a'.repeat(4_096), 'x-b': 'b'.repeat(4_096) }
  assert.deepEqual(
    pointersOf(() => store(bodyWith({ headers: large }))),
    ['/destination/headers too-long'],
  )
})

test('credentials that cannot be sent, or belong to the other kind, are refused', () => {
  const rows: [object, string][] = [
    [{ kind: 'bearer' }, '/destination/auth/token missing'],
    [{ kind: 'bearer', token: 'a bcd' }, '/destination/auth/token wrong-form'],
    [{ kind: 'bearer', token: 'a\r\nx: y' }, '/destination/auth/token wrong-form'],
    [{ kind: 'bearer', token: 'größe' }, '/destination/auth/token wrong-form'],
    [{ kind: 'bearer', token: 'token', password: 'hunter2' }, '/destination/auth/password not-allowed'],
    [{ kind: 'basic', password: 'hunter2' }, '/destination/auth/username missing'],
    [{ kind: 'basic', username: 'a:b', password: 'hunter2' }, '/destination/auth/username wrong-form'],
    [{ kind: 'basic', username: 'a', password: 'hunter2\n' }, '/destination/auth/password wrong-form'],
    [{ kind: 'basic', username: 'a', password: 'hunter2', token: 'token' }, '/destination/auth/token not-allowed'],
    [{ kind: 'oauth2', token: 'token' }, '/destination/auth/kind not-allowed'],
    [{ token: 'token' }, '/destination/auth/kind missing'],
    [{ kind: 'bearer', token: '' }, '/destination/auth/token too-short'],
    [{ kind: 'bearer', token: 7 }, '/destination/auth/token wrong-type'],
    [{ kind: 'bearer', token: 'token', realm: 'x' }, '/destination/auth/realm unknown-field'],
  ]
  for (const [auth, pointer] of rows) {
    assert.deepEqual(
      pointersOf(() => store(bodyWith({ auth }))),
      [pointer],
      JSON.stringify(auth),
    )
  }
})

test('TLS texts that make no connection are refused, each with its reason', () => {
  const { certificate, key } = client
  const rows: [object, string][] = [
    [{ certificate }, '/destination/tls/key missing'],
    [{ key }, '/destination/tls/certificate missing'],
    [{ certificate, key: otherKey }, '/destination/tls/key mismatch'],
    [{ certificate, key: 'hunter2' }, '/destination/tls/key not-pem'],
    [{ certificate: 'hunter2', key }, '/destination/tls/certificate not-pem'],
    [{ certificate: `${certificate}${key}`, key }, '/destination/tls/certificate private-key'],
    [{ ca: key }, '/destination/tls/ca private-key'],
    [{ ca: certificate.replace('MII', 'MIJ') }, '/destination/tls/ca not-pem'],
    [{ certificate, key: encryptedKey }, '/destination/tls/key encrypted'],
  ]
  for (const [tls, pointer] of rows)
    assert.deepEqual(
      pointersOf(() => store(bodyWith({ tls }))),
      [pointer],
      pointer,
    )
  const chain = `${certificate}\n${pem.ca}`
  assert.deepEqual(
    pointersOf(() => store(bodyWith({ tls: { certificate: chain, key, ca: chain } }))),
    [],
  )
  const plain = { targets: [{ url: 'http://billing.example/' }], tls: { ca: pem.ca.toString() } }
  assert.deepEqual(
    pointersOf(() => store(bodyWith(plain))),
    ['/destination/tls not-allowed'],
  )
})

const encryptedKey = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n'

test('an imported signing secret must be of a scheme that signs', () => {
  const [hmac, ed25519] = [`whsec_${randomBytes(32).toString('base64')}`, `whsk_${randomBytes(32).toString('base64')}`]
  const read = (schemes: string[], signingSecret: string) =>
    pointersOf(() =>
      readSubscription(
        { ...bodyWith({}), signing: { schemes }, signingSecret },
        {
          ...{ egress, limits: defaultLimits, known: null, access: null },
        },
      ),
    )
  assert.deepEqual(read(['v1'], hmac), [])
  assert.deepEqual(read(['v1a', 'v1'], hmac), [])
  assert.deepEqual(read(['v1a'], ed25519), [])
  assert.deepEqual(read(['v1'], ed25519), ['/signingSecret not-allowed'])
  assert.deepEqual(read(['v1a'], hmac), ['/signingSecret not-allowed'])
  assert.deepEqual(read(['v1'], 'hunter2'), ['/signingSecret wrong-form'])
  assert.deepEqual(read(['v1', 'v1'], hmac), ['/signing/schemes repeated'])
  assert.deepEqual(read([], hmac), ['/signing/schemes too-few'])
  assert.deepEqual(read(['v2'], hmac), ['/signing/schemes/0 not-allowed'])
})
