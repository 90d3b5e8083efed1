import type { Static } from 'typebox'
import type { SubscriptionDefinition } from '#shared/catalog/create-subscription.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { type ImportedSecret, parseSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { type From, parseFrom } from '#shared/catalog/start-offsets.ts'
import { shortestRetryGapMs, subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import type { TargetAccess } from '#shared/delivery/access.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import type { SigningScheme } from '#shared/delivery/signature.ts'
import { checkTargetUrl } from '#shared/delivery/target-url.ts'
import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { type BodyKind, bodyInvalid, readBody } from './body.ts'
import { accessFaults } from './destination-faults.ts'
import { filterFaults } from './filter-faults.ts'
import { targetFaults } from './target-faults.ts'

const body: BodyKind<typeof subscriptionDefinition> = {
  schema: subscriptionDefinition,
  readOnly: [
    ...[
      'name',
      'uid',
      'revision',
      'createdAt',
      'updatedAt',
      'resumedAt',
      'heldAt',
      'releasedAt',
      'startOffsets',
      'group',
      'retryTopic',
      'status',
    ],
    ...['signing.publicKey', 'signing.secrets'],
  ],
}

/** A definition whose every member was checked; `signingSecret` null when none was given. */
export type CheckedDefinition = { definition: SubscriptionDefinition; from: From; signingSecret: ImportedSecret | null }

/** What a definition is checked against; `access` is of the subscription that it replaces. */
export type Surroundings = {
  egress: EgressGuard
  limits: Pick<Limits, 'TAILRACE_LIMIT_FILTER_BYTES'>
  known: Subscription | null
  access: TargetAccess | null
}

/** Reads the body of a PUT, or the result of a merge patch. Throws a refusal that names every member at fault. */
export function readSubscription(input: unknown, surroundings: Surroundings): CheckedDefinition {
  const { egress, limits, known, access } = surroundings
  const { signingSecret: given, ...definition } = readBody(input, body)
  const { destination, signing } = definition
  const from = parseFrom(definition.from)
  const secret = readSigningSecret(given, signing.schemes)
  const faults = [
    ...(from === undefined ? [fromFault] : []),
    ...(secret.fault === null ? [] : [secret.fault]),
    ...scheduleFaults(definition.retry.scheduleMs),
    ...timeoutFaults(definition.delivery),
    ...filterFaults(definition.filter, limits),
    ...destinationFaults(definition),
    ...accessFaults({
      ...{ given: destination, targets: destination.targets, known: known?.destination ?? null },
      knownKey: access?.tls.key ?? null,
    }),
    ...targetFaults(definition),
  ]
  if (from === undefined || faults.length > 0) throw bodyInvalid(faults)
  requireTargets(definition, egress)
  return { definition, from, signingSecret: secret.imported }
}

type ReadSecret = { imported: ImportedSecret | null; fault: FieldFault | null }

/** The secret that a body brings. One whose scheme does not sign is refused: it would be stored and ignored. */
export function readSigningSecret(text: string | undefined, schemes: readonly SigningScheme[]): ReadSecret {
  if (text === undefined) return { imported: null, fault: null }
  const imported = parseSigningSecret(text)
  if (imported === undefined) return { imported: null, fault: secretFault }
  const scheme = 'secret' in imported ? 'v1' : 'v1a'
  if (schemes.includes(scheme)) return { imported, fault: null }
  const detail = `this secret is for ${scheme}, which signing.schemes does not have`
  const fix = `add ${scheme} to signing.schemes first`
  return { imported: null, fault: { pointer: '/signingSecret', code: 'not-allowed', detail, fix } }
}

function requireTargets({ destination }: Static<typeof subscriptionDefinition>, egress: EgressGuard): void {
  const found = destination.targets.flatMap(({ url }, index) => {
    const fault = checkTargetUrl(url, egress)
    if (fault === null) return []
    const { code, rule, detail, fix } = fault
    return [{ code, fault: { pointer: `/destination/targets/${index}/url`, code: rule, detail, fix } }]
  })
  if (found.length === 0) return
  const errors = found.map(({ fault }) => fault)
  const refused = found.find(({ code }) => code === 'target-refused')
  if (refused === undefined) throw bodyInvalid(errors)
  throw new TailraceError('target-refused', refused.fault.detail, { errors })
}

/** What each kind of destination needs, and what the other kind has. */
function destinationFaults({ destination, delivery }: SubscriptionDefinition): FieldFault[] {
  const { kind, topic, targets, balance, headers, auth, tls } = destination
  const faults: FieldFault[] = []
  const fault = (member: string, code: string, detail: string, fix: string) =>
    faults.push({ pointer: `/destination/${member}`, code, detail, fix })
  const isKafka = kind === 'kafka'
  if (isKafka && topic === null) fault('topic', 'missing', 'topic is required', 'name the topic to deliver to')
  if (!isKafka && topic !== null)
    fault('topic', 'not-allowed', 'topic is for kafka', 'leave it out, or set kind to kafka')
  if (!isKafka && targets.length === 0) fault('targets', 'missing', 'targets is required', 'add a target with its url')
  if (isKafka && targets.length > 0)
    fault('targets', 'not-allowed', 'a kafka destination has no targets', 'leave them out')
  if (!isKafka) return faults
  // what would be stored and never used
  if (balance !== 'round-robin') fault('balance', 'not-allowed', 'a topic is one target', 'leave it out')
  if (Object.keys(delivery.onStatus).length > 0) {
    const detail = 'a topic answers with no status'
    faults.push({ pointer: '/delivery/onStatus', code: 'not-allowed', detail, fix: 'leave it out' })
  }
  if (Object.keys(headers).length > 0)
    fault('headers', 'not-allowed', 'a topic gets no headers of its own', 'leave them out')
  if (auth !== null) fault('auth', 'not-allowed', 'a kafka destination needs no credential', 'leave it out')
  const given = (['certificate', 'key', 'ca'] as const).filter((member) => tls[member] !== null)
  for (const member of given) fault(`tls/${member}`, 'not-allowed', 'a kafka destination has no tls', 'leave it out')
  return faults
}

const fromFault: FieldFault = {
  pointer: '/from',
  code: 'wrong-form',
  detail: 'from is earliest, latest or an RFC 3339 time',
}

const secretFault: FieldFault = {
  pointer: '/signingSecret',
  code: 'wrong-form',
  detail: 'signingSecret is whsec_ and the base64 of 24 to 64 bytes, or whsk_ and the base64 of an ed25519 private key',
}

function scheduleFaults(scheduleMs: readonly number[]): FieldFault[] {
  const wrong = scheduleMs.findIndex((point, index) => point - (scheduleMs[index - 1] ?? 0) < shortestRetryGapMs)
  if (wrong < 0) return []
  const detail = `every point of scheduleMs is at least ${shortestRetryGapMs} ms after the one before`
  return [{ pointer: `/retry/scheduleMs/${wrong}`, code: 'not-ascending', detail }]
}

function timeoutFaults({ connectTimeoutMs, timeoutMs }: SubscriptionDefinition['delivery']): FieldFault[] {
  if (connectTimeoutMs <= timeoutMs) return []
  const detail = `connectTimeoutMs (${connectTimeoutMs}) is part of timeoutMs (${timeoutMs}) and cannot exceed it`
  return [{ pointer: '/delivery/connectTimeoutMs', code: 'too-large', detail }]
}
