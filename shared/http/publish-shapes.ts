import { Type } from 'typebox'

const stored = {
  id: Type.String(),
  source: Type.String(),
  webhookId: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  position: Type.String(),
  replayed: Type.Boolean({ description: 'It was stored before, by an earlier request.' }),
}
const stream = Type.String()
const subscriptions = Type.Integer({ description: 'Subscriptions of the stream just now.' })

/** The answer about one event. */
export const published = Type.Object({ ...stored, stream, subscriptions })

const refusedOfMany = Type.Object({
  index: Type.Integer(),
  status: Type.Integer(),
  id: Type.String(),
  code: Type.String(),
  retryable: Type.Boolean(),
})
const storedOfMany = Type.Object({ index: Type.Integer(), status: Type.Literal(202), ...stored })
const results = Type.Array(Type.Union([storedOfMany, refusedOfMany]), { description: 'In the order of the request.' })

/** The answer about many events, when all are stored. */
export const publishedMany = Type.Object({ stream, stored: Type.Integer(), subscriptions, results })

/** What a refusal about many events says beside the problem, when some may be stored. */
export const incompleteMany = Type.Object({ stored: Type.Integer(), results })

export const publishQuery = Type.Object(
  {
    type: Type.Optional(Type.String({ description: 'Type of a plain event.' })),
    key: Type.Optional(Type.String({ description: 'What order is kept by; the same for all events of a request.' })),
    subject: Type.Optional(Type.String({ description: 'Subject of a plain event.' })),
  },
  { additionalProperties: false },
)
