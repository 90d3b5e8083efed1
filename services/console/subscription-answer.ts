import { showAccess } from '#shared/catalog/destination-secrets.ts'
import type { SigningSecret, Subscription } from '#shared/catalog/model.ts'
import { formatPublicKey, formatSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { positionOf } from '#shared/event/record.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import type { Console } from './context.ts'
import type { KeyQueue } from './index/queries/key-queues.ts'
import { subscriptionStatus } from './subscription-status.ts'

type With = {
  instances: readonly InstanceReport[] | null
  secret?: SigningSecret | null
  /** Null where nobody looked. */
  queues?: readonly KeyQueue[] | null
}

/** A subscription as the API shows it; `secret` only when it was just created. */
export function subscriptionAnswerOf(
  console: Console,
  subscription: Subscription,
  { instances, secret, queues = null }: With,
) {
  const { resumedAt: _resumed, heldAt: _held, releasedAt: _released, signing, destination, ...shown } = subscription
  const secrets = console.catalog.signingSecrets(subscription.uid)
  return {
    ...shown,
    destination: { ...destination, ...showAccess(destination) },
    signing: {
      ...signing,
      publicKey: publicKeyOf(subscription, secrets[0]),
      secrets: secrets.filter(isLive).map(({ createdAt, validUntil }) => ({ createdAt, validUntil })),
    },
    ...(secret === null || secret === undefined ? {} : { signingSecret: sharedSecretOf(subscription, secret) }),
    status: {
      ...subscriptionStatus(console, subscription, instances),
      longestQueues: queues?.map((queue) => queueAnswerOf(subscription, queue)) ?? null,
    },
  }
}

function queueAnswerOf({ name, stream }: Subscription, { key, partition, waiting, head, sinceMs }: KeyQueue) {
  const at = { head: deliveryId(name, partition, head), position: positionOf(stream, partition, head) }
  return { key, waiting, ...at, since: new Date(sinceMs).toISOString() }
}

/** `whsec_…` for receivers that check v1; null when v1 does not sign. */
export function sharedSecretOf({ signing }: Subscription, { secret }: SigningSecret): string | null {
  return signing.schemes.includes('v1') ? formatSigningSecret(secret) : null
}

/** `whpk_…` for receivers that check v1a; null when v1a does not sign. The private key is never shown. */
export function publicKeyOf({ signing }: Subscription, current: SigningSecret | undefined): string | null {
  return current !== undefined && signing.schemes.includes('v1a') ? formatPublicKey(current.privateKey) : null
}

const isLive = ({ validUntil }: SigningSecret) => validUntil === null || Date.parse(validUntil) > Date.now()
