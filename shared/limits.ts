import { Type } from 'typebox'

const KiB = 1024
const MiB = 1024 * KiB

const limit = (value: number, description: string) => Type.Integer({ default: value, minimum: 1, description })

/** Every limit of the HTTP door. Each is a setting (`TAILRACE_LIMIT_…`) and each refusal names limit and value. */
export const limitSettings = {
  TAILRACE_LIMIT_EVENT_BYTES: limit(512 * KiB, 'largest single event, bytes'),
  TAILRACE_LIMIT_REQUEST_BYTES: limit(8 * MiB, 'largest request body as it is sent, bytes'),
  TAILRACE_LIMIT_EXPANDED_BYTES: limit(32 * MiB, 'largest request body after decompression, bytes'),
  TAILRACE_LIMIT_BATCH_EVENTS: limit(1_000, 'most events of a batch'),
  TAILRACE_LIMIT_NDJSON_LINES: limit(10_000, 'most lines of an NDJSON body'),
  TAILRACE_LIMIT_INFLIGHT_BYTES: limit(64 * MiB, 'most bytes of publishes in work at a time, per producer'),
  TAILRACE_LIMIT_CONNECTIONS: limit(8_192, 'most HTTP connections at a time, per process; the quietest makes room'),
  TAILRACE_LIMIT_JSON_DEPTH: limit(64, 'deepest nesting of a JSON body'),
  TAILRACE_LIMIT_JSON_MEMBERS: limit(10_000, 'most members and elements of a JSON body'),
  TAILRACE_LIMIT_HEADERS: limit(100, 'most headers of a request'),
  TAILRACE_LIMIT_HEADER_BYTES: limit(16 * KiB, 'largest header block, bytes'),
  TAILRACE_LIMIT_ATTRIBUTES: limit(50, 'most CloudEvents attributes of an event'),
  TAILRACE_LIMIT_ID_BYTES: limit(256, 'longest event id, bytes'),
  TAILRACE_LIMIT_TYPE_BYTES: limit(256, 'longest event type, bytes'),
  TAILRACE_LIMIT_KEY_BYTES: limit(KiB, 'longest event key, bytes'),
  TAILRACE_LIMIT_FILTER_BYTES: limit(8 * KiB, 'largest filter of a subscription, bytes of its texts together'),
  TAILRACE_LIMIT_LIVE_CLIENTS: limit(100, 'most clients of /v1/live at a time, per console'),
  TAILRACE_LIMIT_SUBSCRIPTIONS: limit(500, 'most subscriptions'),
}

export type Limits = { [K in keyof typeof limitSettings]: number }

/** The limits as the environment leaves them by default. */
export const defaultLimits = Object.fromEntries(
  Object.entries(limitSettings).map(([name, schema]) => [name, Reflect.get(schema, 'default')]),
) as Limits
