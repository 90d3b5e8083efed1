import { Type } from 'typebox'
import type { JsonSchema } from '#shared/event/schema/keywords.ts'
import { namePattern } from './names.ts'
import { nullable, time } from './schema.ts'

const daysMs = 86_400_000

export const defaultPartitions = 6
export const shortestRetentionMs = 60_000
export const longestRetentionMs = 3_650 * daysMs
export const smallestRetentionBytes = 1024 * 1024

/** Kafka takes at most 249 characters of this alphabet. */
const topicName = Type.String({ pattern: '^[A-Za-z0-9._-]{1,249}$' })

const schemaDescription =
  `A JSON Schema (draft 2020-12) for the data of every event; null = none. An event that violates it, or whose data is not
JSON, is refused with 422 schema-violation. At most 64 KiB, 500 subschemas, 32 levels. References stay inside the schema
(#/$defs/…); $dynamicRef and keywords of your own are refused. Patterns are RE2 (linear time: no look-around, no
back-references; \\s is ASCII); a text of a format has at most 4,096 characters; what would take too much work for one event is refused
as too-costly. A change counts within a second.`.replaceAll('\n', ' ')

/** What an operator says about a stream: the body of PUT. */
export const streamDefinition = Type.Object({
  partitions: Type.Integer({
    default: defaultPartitions,
    minimum: 1,
    maximum: 256,
    description: 'Fixed at creation; order is kept per key, and a key stays in one partition.',
  }),
  retentionMs: Type.Integer({
    default: 7 * daysMs,
    minimum: shortestRetentionMs,
    maximum: longestRetentionMs,
    description: 'How long events are kept. Of a bound stream: what its topic says.',
  }),
  retentionBytes: nullable(
    Type.Integer({ minimum: smallestRetentionBytes, description: 'Most bytes kept per partition; null = no bound.' }),
  ),
  topic: nullable({
    ...topicName,
    description: 'An existing topic of another owner to bind to; null = a topic of our own. Fixed at creation.',
  }),
  defaultType: nullable(
    Type.String({ minLength: 1, maxLength: 256, description: 'The type of events that say none themselves.' }),
  ),
  schema: Type.Unsafe<JsonSchema | null>({
    type: ['object', 'null'],
    default: null,
    description: schemaDescription,
  }),
  description: Type.String({ default: '', maxLength: 1_000 }),
})

/** A stream as its record in the catalog topic holds it. Its schema may be one that only a newer version can use. */
export const streamRecord = Type.Object({
  ...streamDefinition.properties,
  schema: Type.Unsafe<JsonSchema | null>({ default: null }),
  topic: topicName,
  bound: Type.Boolean({ description: 'Whether the topic belongs to another owner.' }),
  name: Type.String({ pattern: namePattern }),
  createdAt: time('When it was created.'),
  updatedAt: time('When its definition last changed.'),
})

/** A stream as answers show it. */
export const streamAnswer = Type.Object({
  ...streamRecord.properties,
  schema: streamDefinition.properties.schema,
  revision: Type.Integer({ description: 'Offset of its record in the catalog topic; also the ETag.' }),
  status: Type.Object({
    phase: Type.String({ description: 'active or failed; clients must accept others.' }),
    reason: nullable(Type.String()),
    since: nullable(time('Since when it is in this phase; null = not asked yet.')),
    events: nullable(Type.Integer({ description: 'Events the log holds now.' })),
    bytes: nullable(Type.Integer({ description: 'Bytes the log holds now; null = not measured in this version.' })),
    eventsPerSecond: Type.Union([Type.Number(), Type.Null()]),
    underReplicatedPartitions: nullable(Type.Integer()),
    subscriptions: Type.Array(Type.String()),
  }),
})
