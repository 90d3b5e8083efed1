import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates, type TlsOptions } from 'node:tls'
import { noAccess, type TargetAccess } from '#shared/delivery/access.ts'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { decide } from '#shared/delivery/decide.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { createReceiver } from '../../support/receiver.ts'
import { createClient, requestTo } from './attempts.ts'

const certificates = makeCertificates()

type LeafName = 'good' | 'otherName' | 'expired' | 'selfSigned'

/** Only the test authority is trusted from here on: a browser would trust these certificates as little. */
setDefaultCACertificates([...getCACertificates('bundled'), certificates.ca.toString()])

async function createTlsReceiver(t: TestContext, leaf: LeafName, options: TlsOptions = {}): Promise<string> {
  const server = createServer({ key: certificates.key, cert: certificates[leaf], ...options }, (request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const codeOf = (result: AttemptResult) => (result.kind === 'failure' ? [result.stage, result.code] : result.status)

test('a good certificate is accepted, by address and by name, and the handshake is timed', async (t) => {
  const url = await createTlsReceiver(t, 'good')
  const client = createClient(t, { allow: '127.0.0.0/8,::1' })
  for (const target of [url, url.replace('127.0.0.1', 'localhost')]) {
    const result = await client.attempt(requestTo(target))
    assert.equal(codeOf(result), 200, JSON.stringify(result))
    assert.ok(result.timingsMs.tls > 0)
  }
})

test('an expired, a foreign and a self-signed certificate are refused, each with its reason', async (t) => {
  const client = createClient(t)
  const reasons: string[] = []
  for (const leaf of ['expired', 'otherName', 'selfSigned'] as const) {
    const result = await client.attempt(requestTo(await createTlsReceiver(t, leaf)))
    assert.deepEqual(codeOf(result), ['tls', 'tls-certificate'], leaf)
    reasons.push(result.kind === 'failure' ? result.detail : '')
  }
  assert.deepEqual(reasons, [
    'tls CERT_HAS_EXPIRED',
    'tls ERR_TLS_CERT_ALTNAME_INVALID',
    'tls DEPTH_ZERO_SELF_SIGNED_CERT',
  ])
})

test('TLS below 1.2 is not spoken', async (t) => {
  const old: TlsOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }
  const result = await createClient(t).attempt(requestTo(await createTlsReceiver(t, 'good', old)))
  assert.deepEqual(codeOf(result), ['tls', 'tls-failed'])
})

test('https to a port that speaks HTTP ends at stage tls', async (t) => {
  const receiver = await createReceiver(t)
  const result = await createClient(t).attempt(requestTo(receiver.url.replace('http:', 'https:')))
  assert.deepEqual(codeOf(result), ['tls', 'tls-failed'])
})

test('a handshake that never ends is given up after the connect timeout', async (t) => {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => sockets.push(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const result = await createClient(t, { connectTimeoutMs: 200 }).attempt(requestTo(url))
  assert.equal(result.kind === 'failure' && result.detail, 'tls timed out after 200 ms')
})

const foreign = makeCertificates()

const accessOf = (tls: Partial<TargetAccess['tls']>) => ({
  access: { ...noAccess, tls: { certificate: null, key: null, ca: null, ...tls } },
})
const identityOf = ({ good, key }: typeof certificates) => ({ certificate: good.toString(), key: key.toString() })

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a receiver that demands a client certificate gets it; any other ending names what is missing (${version})`, async (t) => {
    const demanding: TlsOptions = {
      ...{ requestCert: true, rejectUnauthorized: true, ca: certificates.ca },
      ...{ minVersion: version, maxVersion: version },
    }
    const url = await createTlsReceiver(t, 'good', demanding)
    const known = createClient(t, accessOf(identityOf(certificates)))
    for (let request = 0; request < 3; request += 1) assert.equal(codeOf(await known.attempt(requestTo(url))), 200)
    const stranger = createClient(t, accessOf(identityOf(foreign)))
    // node:tls closes without an alert here; test/unit/shared/delivery/failure.test.ts has those of other servers.
    assert.equal((await stranger.attempt(requestTo(url))).kind, 'failure')
    const result = await createClient(t).attempt(requestTo(url))
    // With TLS 1.2 OpenSSL says no more than that the handshake failed.
    const without = version === 'TLSv1.2' ? /tls-(failed|client-certificate)/ : /tls-client-certificate/
    assert.match(String(codeOf(result)), without)
    assert.equal(decide(result, Date.now()).evidence, 'connection')
  })
}

test('an authority of the subscription is trusted instead of the public ones, and only by it', async (t) => {
  const server = createServer({ key: foreign.key, cert: foreign.good }, (_, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const theirs = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const publicly = await createTlsReceiver(t, 'good')
  const client = createClient(t, accessOf({ ca: foreign.ca.toString() }))
  assert.equal(codeOf(await client.attempt(requestTo(theirs))), 200)
  assert.deepEqual(codeOf(await client.attempt(requestTo(publicly))), ['tls', 'tls-certificate'])
  assert.deepEqual(codeOf(await createClient(t).attempt(requestTo(theirs))), ['tls', 'tls-certificate'])
})

test('no environment variable switches the check of certificates off', async (t) => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.after(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  })
  const result = await createClient(t).attempt(requestTo(await createTlsReceiver(t, 'selfSigned')))
  assert.deepEqual(codeOf(result), ['tls', 'tls-certificate'])
})
