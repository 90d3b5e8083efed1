import { Type } from 'typebox'
import { writeSecrets } from '#shared/catalog/create-subscription.ts'
import { time } from '#shared/catalog/schema.ts'
import { newSigningSecret, signingSecretPattern } from '#shared/catalog/secrets.ts'
import { type BodyKind, readBody } from './body.ts'
import { type Console, change } from './context.ts'
import { notBuiltRules } from './not-built.ts'
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
  signingSecret: Type.String({ description: 'Shown once.' }),
  previousValidUntil: time('Until when receivers may still check with the previous secret.'),
})

const rotationBody: BodyKind<typeof rotationRequest> = {
  schema: rotationRequest,
  readOnly: [],
  rules: notBuiltRules.none,
}

export type Rotation = { secret: Buffer; previousValidUntil: string }

/** Gives the subscription a new signing secret. At most two count at any time: the new one and the one before. */
export function rotateSecret(console: Console, name: string, body: unknown): Promise<Rotation> {
  const { overlapMs, signingSecret } = readBody(body ?? {}, rotationBody)
  return change(console, async () => {
    const { uid } = requireSubscription(console, name)
    const secret = readSigningSecret(signingSecret) ?? newSigningSecret()
    const now = Date.now()
    const previousValidUntil = new Date(now + overlapMs).toISOString()
    const previous = console.catalog.signingSecrets(uid).slice(0, 1)
    await writeSecrets(console, uid, [
      { secret, createdAt: new Date(now).toISOString(), validUntil: null },
      ...previous.map((old) => ({ ...old, validUntil: previousValidUntil })),
    ])
    console.telemetry.changed('subscription', 'secret-rotated', name)
    return { secret, previousValidUntil }
  })
}
