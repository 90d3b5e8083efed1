import { type Static, Type } from 'typebox'
import { writeSecrets } from '#shared/catalog/create-subscription.ts'
import { nullable, time } from '#shared/catalog/schema.ts'
import { newSigningSecret, signingSecretPattern } from '#shared/catalog/signing-secrets.ts'
import { type BodyKind, bodyInvalid, readBody } from './body.ts'
import { type Console, change } from './context.ts'
import { publicKeyOf, sharedSecretOf } from './subscription-answer.ts'
import { readSigningSecret } from './subscription-body.ts'
import { requireSubscription } from './subscriptions.ts'

const dayMs = 86_400_000

export const rotationRequest = Type.Object({
  overlapMs: Type.Integer({
    default: dayMs,
    minimum: 0,
    maximum: 30 * dayMs,
    description: 'How long the previous secret still signs beside the new one.',
  }),
  signingSecret: Type.Optional(Type.String({ pattern: signingSecretPattern })),
})

export const rotationAnswer = Type.Object({
  signingSecret: nullable(Type.String({ description: 'whsec_…, shown once; null when v1 does not sign.' })),
  publicKey: nullable(Type.String({ description: 'whpk_…; null when v1a does not sign.' })),
  previousValidUntil: time('Until when receivers may still check with the previous secret.'),
})

const rotationBody: BodyKind<typeof rotationRequest> = {
  schema: rotationRequest,
  readOnly: [],
}

/**
 * Gives the subscription a new signing secret for every scheme; one that comes from elsewhere replaces that of its own scheme
 * alone. At most two count at any time: the new one and the one before.
 */
export function rotateSecret(console: Console, name: string, body: unknown): Promise<Static<typeof rotationAnswer>> {
  const { overlapMs, signingSecret } = readBody(body ?? {}, rotationBody)
  return change(console, async () => {
    const subscription = requireSubscription(console, name)
    const { imported, fault } = readSigningSecret(signingSecret, subscription.signing.schemes)
    if (fault !== null) throw bodyInvalid([fault])
    const now = Date.now()
    const previousValidUntil = new Date(now + overlapMs).toISOString()
    const [current] = console.catalog.signingSecrets(subscription.uid)
    const fresh = newSigningSecret(new Date(now).toISOString())
    const { createdAt, validUntil } = fresh
    const next = imported === null ? fresh : { ...(current ?? fresh), ...imported, createdAt, validUntil }
    const previous = current === undefined || overlapMs === 0 ? [] : [{ ...current, validUntil: previousValidUntil }]
    await writeSecrets(console, subscription.uid, [next, ...previous])
    console.telemetry.changed('subscription', 'secret-rotated', name)
    return {
      signingSecret: sharedSecretOf(subscription, next),
      publicKey: publicKeyOf(subscription, next),
      previousValidUntil,
    }
  })
}
