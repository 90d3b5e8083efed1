import { Type } from 'typebox'
import { rateLimitOf } from './rate-limit.ts'
import { nullable, time } from './schema.ts'
import { scopePattern } from './scopes.ts'

const definition = {
  name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9._ -]*$' }),
  scopes: Type.Array(Type.String({ pattern: scopePattern }), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'publish:<stream|*>, consume:<stream|*>, read, operate, manage.',
  }),
  rateLimit: nullable(rateLimitOf('Events')),
  expiresAt: nullable(time('From this moment the key is refused; null = never.')),
}

/** What an operator says about an API key: the body of POST. */
export const keyDefinition = Type.Object(definition)

const recorded = {
  ...definition,
  id: Type.String({ pattern: '^[0-9A-Za-z]{12}$' }),
  createdAt: time('When it was created.'),
}

const lifetime = { createdAt: time('When it was made.'), validUntil: nullable(time('Until when it counts.')) }

/** A key as its record in the catalog topic holds it: hashes, never a secret. */
export const keyRecord = Type.Object({
  ...recorded,
  secrets: Type.Array(Type.Object({ hash: Type.String(), ...lifetime })),
})

/** A key as answers show it; `secret` is in the 201 and in the answer of rotate alone. */
export const keyAnswer = Type.Object({
  ...recorded,
  revision: Type.Integer({ description: 'Offset of its record in the catalog topic; also the ETag.' }),
  lastUsedAt: nullable(time('Not recorded in this version.')),
  secrets: Type.Array(Type.Object(lifetime)),
  secret: Type.Optional(Type.String({ description: 'tr_<id>_<secret>; shown once.' })),
})
