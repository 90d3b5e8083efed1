import type { Subscription } from '#shared/catalog/model.ts'
import { formatSigningSecret } from '#shared/catalog/secrets.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import type { Console } from './context.ts'
import { subscriptionStatus } from './subscription-status.ts'

/** A subscription as the API shows it; `secret` only when it was just created. */
export function subscriptionAnswerOf(
  console: Console,
  subscription: Subscription,
  { instances, secret }: { instances: readonly InstanceReport[] | null; secret?: Buffer | null },
) {
  const { resumedAt: _resumed, heldAt: _held, releasedAt: _released, signing, ...shown } = subscription
  const secrets = console.catalog.signingSecrets(subscription.uid)
  return {
    ...shown,
    signing: {
      ...signing,
      publicKey: null,
      secrets: secrets.map(({ createdAt, validUntil }) => ({ createdAt, validUntil })),
    },
    ...(secret === null || secret === undefined ? {} : { signingSecret: formatSigningSecret(secret) }),
    status: subscriptionStatus(console, subscription, instances),
  }
}
