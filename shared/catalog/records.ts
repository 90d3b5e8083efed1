import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { type Static, Type } from 'typebox'
import { jobRecord, jobStateRecord } from './job-schema.ts'
import { keyRecord } from './key-schema.ts'
import type { RecordKind } from './record-keys.ts'
import { nullable, time } from './schema.ts'
import { streamRecord } from './stream-schema.ts'
import { subscriptionRecord } from './subscription-schema.ts'

const sealedSecret = Type.Object({
  keyId: Type.String({ description: 'Which master key opens it.' }),
  sealed: Type.String({ description: 'base64 of iv, tag and ciphertext' }),
  createdAt: time('When it was made.'),
  validUntil: nullable(time('Until when it counts.')),
})

/** `secret/<uid>`: the signing secrets, newest first. */
export const secretRecord = Type.Object({ signing: Type.Array(sealedSecret, { minItems: 1 }) })
export type SecretRecord = Static<typeof secretRecord>

/** `state/<uid>`: what the consumers found out. */
export const stateRecord = Type.Object({
  uid: Type.String(),
  startedAt: nullable(time('When the first instance took it up.')),
  reason: nullable(Type.String()),
  since: time('Since when this is so.'),
  gone: Type.Array(Type.Object({ url: Type.String(), at: time('When it answered 410.') }), { default: [] }),
})

/** `position/<uid>`: where an operator moved the subscription to. */
export const positionRecord = Type.Object({
  id: Type.String({ minLength: 1, description: 'Fresh for every move.' }),
  at: time('When it was moved.'),
  offsets: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
})

/** `retry-now/<uid>`: deliveries that an operator wanted tried at once, of the last minutes. */
export const retryNowRecord = Type.Object({
  requests: Type.Array(
    Type.Object({
      id: Type.String({ minLength: 1, description: 'Fresh for every request.' }),
      at: time('When it was asked for.'),
      partition: Type.Integer({ minimum: 0 }),
      offset: Type.Integer({ minimum: 0 }),
    }),
  ),
})
export type RetryNow = Static<typeof retryNowRecord>

const ajv = new Ajv({ useDefaults: true, strict: false })
formats.default(ajv)

/** The value of the others says nothing. */
type ReadableKind = Exclude<RecordKind, 'hello' | 'turn'>

const validators: Record<ReadableKind, ValidateFunction> = {
  stream: ajv.compile(streamRecord),
  subscription: ajv.compile(subscriptionRecord),
  secret: ajv.compile(secretRecord),
  key: ajv.compile(keyRecord),
  state: ajv.compile(stateRecord),
  position: ajv.compile(positionRecord),
  job: ajv.compile(jobRecord),
  'job-state': ajv.compile(jobStateRecord),
  'retry-now': ajv.compile(retryNowRecord),
}

export type Reading = { kind: 'readable'; value: object } | { kind: 'unreadable'; detail: string }

/**
 * Reads the value of a catalog record. Members of newer versions are kept, members an older version did not write get
 * their defaults; what contradicts the schema of this version is unreadable.
 */
export function readRecord(kind: ReadableKind, value: Buffer): Reading {
  const validate = validators[kind]
  try {
    const parsed: unknown = JSON.parse(value.toString())
    if (validate(parsed)) return { kind: 'readable', value: parsed as object }
    return { kind: 'unreadable', detail: ajv.errorsText(validate.errors) }
  } catch {
    return { kind: 'unreadable', detail: 'not JSON' }
  }
}
