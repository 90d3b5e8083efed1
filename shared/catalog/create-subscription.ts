import type { Static } from 'typebox'
import type { Provisioning } from './create-stream.ts'
import { sealAccess } from './destination-secrets.ts'
import type { SigningSecret, Stream, Subscription } from './model.ts'
import { newUid } from './names.ts'
import { recordKey } from './record-keys.ts'
import { provideRetryTopic } from './retry-topic.ts'
import type { SecretBox } from './secrets.ts'
import { type ImportedSecret, newSigningSecret, sealSigningSecret } from './signing-secrets.ts'
import { type From, startOffsets } from './start-offsets.ts'
import type { subscriptionDefinition } from './subscription-schema.ts'

export type SubscriptionDefinition = Omit<Static<typeof subscriptionDefinition>, 'signingSecret'>

export type NewSubscription = {
  name: string
  stream: Stream
  definition: SubscriptionDefinition
  from: From
  /** What comes from elsewhere in place of a new one. */
  signingSecret: ImportedSecret | null
}

/**
 * Creates a subscription that the catalog does not have. Its start is read from the log before its record is written, so
 * nothing that is published after this resolves is missed. Its retry topic and its secret come first, so no consumer meets
 * it without a place for what fails, or unsigned; what a failure leaves of them belongs to nobody and is swept away.
 */
export async function createSubscription(
  { catalog, admin, topics, box }: Provisioning & { box: SecretBox },
  { name, stream, definition, from, signingSecret }: NewSubscription,
): Promise<{ subscription: Subscription; secret: SigningSecret }> {
  const uid = newUid()
  const now = new Date().toISOString()
  const secret = { ...newSigningSecret(now), ...signingSecret }
  const { destination } = definition
  const record = {
    ...definition,
    destination: { ...destination, ...sealAccess(destination, null, { box, uid }) },
    uid,
    name,
    createdAt: now,
    updatedAt: now,
    ...{ resumedAt: null, heldAt: null, releasedAt: null },
    startOffsets: await startOffsets(admin, stream.topic, from),
    group: topics.group(name, uid),
    retryTopic: topics.retry(name, uid),
  }
  await provideRetryTopic({ admin, topics }, { source: stream.topic, name: record.retryTopic, isNew: true })
  await writeSecrets({ catalog, box }, uid, [secret])
  const revision = await catalog.write(recordKey.subscription(uid), record)
  return { subscription: { ...record, revision }, secret }
}

/** Replaces the signing secrets of a subscription; the newest first. */
export async function writeSecrets(
  { catalog, box }: Pick<Provisioning, 'catalog'> & { box: SecretBox },
  uid: string,
  secrets: readonly SigningSecret[],
): Promise<void> {
  await catalog.write(recordKey.secret(uid), { signing: secrets.map((secret) => sealSigningSecret(box, uid, secret)) })
}
