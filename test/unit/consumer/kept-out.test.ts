import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sealAccess } from '#shared/catalog/destination-secrets.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { newSigningSecret, sealSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { createView } from '#shared/catalog/view.ts'
import { keepOut } from '../../../services/consumer/kept-out.ts'

const [ours, theirs] = [createSecretBox(randomBytes(32)), createSecretBox(randomBytes(32))]
const uid = 'k3v9q2'
const signing = newSigningSecret('2026-11-21T09:14:03.120Z')

/** A consumer with our master key, a record of signing secrets sealed by `signed`, and a token sealed by `token`. */
function setUp(signed: typeof ours | null, token: typeof ours = ours) {
  const view = createView(ours)
  const secretOf = (box: typeof ours, offset: number) =>
    view.apply({
      ...{ topic: 'catalog', partition: 0, offset, timestampMs: 0, headers: {}, key: Buffer.from(`secret/${uid}`) },
      value: Buffer.from(JSON.stringify({ signing: [sealSigningSecret(box, uid, signing)] })),
    })
  if (signed !== null) secretOf(signed, 0)
  const none = { certificate: null, key: null, ca: null }
  const given = { headers: {}, auth: { kind: 'bearer' as const, token: 'abc' }, tls: none }
  const subscription = { uid, name: 'billing', destination: sealAccess(given, null, { box: token, uid }) }
  const logged: string[] = []
  const keptOut = keepOut(view, { secretsUnreadable: (name, detail) => void logged.push(`${name}: ${detail}`) })
  return { keptOut, logged, subscription: subscription as unknown as Subscription, heal: () => secretOf(ours, 1) }
}

test('whoever can be signed and authenticated may run', () => {
  const { keptOut, logged, subscription } = setUp(ours)
  assert.deepEqual([keptOut.has(subscription), keptOut.reports(), logged], [false, [], []])
})

test('without a readable signing secret nothing may be sent; it is logged once and reported until it is mended', () => {
  for (const signed of [null, theirs]) {
    const { keptOut, logged, subscription, heal } = setUp(signed)
    assert.deepEqual([keptOut.has(subscription), keptOut.has(subscription)], [true, true])
    assert.deepEqual(logged, ['billing: it has no signing secret that the master key here opens'])
    const [report] = keptOut.reports()
    assert.deepEqual([report?.uid, report?.phase, report?.reason], [uid, 'failed', 'secrets-unreadable'])
    heal()
    assert.deepEqual([keptOut.has(subscription), keptOut.reports()], [false, []])
  }
})

test('without readable credentials nothing may be sent either, and both keys are named', () => {
  const { keptOut, logged, subscription } = setUp(ours, theirs)
  assert.equal(keptOut.has(subscription), true)
  assert.match(logged[0] ?? '', new RegExp(`token of the destination: .*${theirs.keyId}.*${ours.keyId}`))
})

test('a deleted subscription is reported no more', () => {
  const { keptOut, subscription } = setUp(null)
  keptOut.has(subscription)
  keptOut.retain(new Set([uid]))
  assert.equal(keptOut.reports().length, 1)
  keptOut.retain(new Set())
  assert.deepEqual(keptOut.reports(), [])
})
