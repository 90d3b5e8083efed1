import { type Static, Type } from 'typebox'
import { jobSelection } from '#shared/catalog/job-schema.ts'
import { nullable } from '#shared/catalog/schema.ts'
import { filter } from '#shared/catalog/subscription-schema.ts'
import { type BodyKind, readBody } from './body.ts'
import { leftOutAnswer } from './dead-letter-answer.ts'

const dryRun = Type.Boolean({ default: false, description: 'Only counts what it would do.' })
const ratePerSecond = nullable(
  Type.Integer({ minimum: 1, maximum: 100_000, description: 'Deliveries a second; null = as fast as they are taken.' }),
)

const moment = (side: string) =>
  Type.Unsafe<string | Record<string, number>>({
    type: ['string', 'object'],
    maxLength: 40,
    minProperties: 1,
    additionalProperties: { type: 'integer', minimum: 0 },
    default: side,
    description: `earliest, latest, an RFC 3339 time, or {"<partition>": <offset>}; absent: ${side}.`,
  })

export const redriveRequest = Type.Object({ select: jobSelection, ratePerSecond, dryRun })
export const discardRequest = Type.Object({ select: jobSelection, dryRun })
export const replayRequest = Type.Object({
  subscription: Type.String({ minLength: 1, maxLength: 63 }),
  from: moment('earliest'),
  to: moment('latest'),
  filter,
  ratePerSecond,
  dryRun,
})

export const dryRunAnswer = Type.Object({
  dryRun: Type.Literal(true),
  matched: Type.Integer(),
  bytes: Type.Integer({ description: 'Of their bodies.' }),
  estimated: Type.Boolean({
    description:
      'Of a long replay only the beginning of each partition was looked at: matched and bytes are estimates.',
  }),
  leftOut: leftOutAnswer,
  sample: Type.Array(Type.String(), { description: 'The first of them.' }),
})

export type RedriveRequest = Static<typeof redriveRequest>
export type DiscardRequest = Static<typeof discardRequest>
export type ReplayRequest = Static<typeof replayRequest>

export const readRedrive = (body: unknown): RedriveRequest => readBody(body ?? {}, redriveBody)
export const readDiscard = (body: unknown): DiscardRequest => readBody(body ?? {}, discardBody)
export const readReplay = (body: unknown): ReplayRequest => readBody(body ?? {}, replayBody)

const redriveBody: BodyKind<typeof redriveRequest> = { schema: redriveRequest, readOnly: [] }
const discardBody: BodyKind<typeof discardRequest> = { schema: discardRequest, readOnly: [] }
const replayBody: BodyKind<typeof replayRequest> = { schema: replayRequest, readOnly: [] }
