/** What the publisher or operator is told about one code. `hint` is a sentence about the next step, shown beside the detail. */
export type ErrorEntry = { httpStatus: number; title: string; retryable: boolean; hint: string }

const entry = (httpStatus: number, title: string, hint: string, retryable = false): ErrorEntry => ({
  httpStatus,
  title,
  retryable,
  hint,
})

/** Every error code of the HTTP API, once. Problem texts, remediation hints and the OpenAPI document are made from this table. */
export const errorTable = {
  'request-malformed': entry(400, 'The request cannot be read', 'Check the HTTP framing, the headers and the body.'),
  'event-invalid': entry(400, 'The event is not valid', 'Correct the members named in errors and send it again.'),
  'body-invalid': entry(400, 'The body is not valid', 'Correct the members named in errors and send it again.'),
  'unknown-field': entry(400, 'The body has members nobody knows', 'Remove or correct the members named in errors.'),
  'target-refused': entry(
    400,
    'The target may not be called',
    'Use a public https URL, or ask the operator to allow it.',
  ),
  'credential-missing': entry(401, 'A credential is required', 'Send Authorization: Bearer tr_<id>_<secret>.'),
  'credential-invalid': entry(401, 'The credential is not valid', 'Check the key; it may be revoked or expired.'),
  'scope-missing': entry(403, 'The key may not do this', 'Use a key that has the scope named in the detail.'),
  'cross-origin': entry(
    403,
    'The request came from another page',
    'Use the pages of the console itself, or send an API key.',
  ),
  'stream-unknown': entry(404, 'There is no such stream', 'Create the stream first, or correct its name.'),
  'subscription-unknown': entry(404, 'There is no such subscription', 'Create the subscription, or correct its name.'),
  'not-found': entry(404, 'There is nothing at this address', 'Check the path against /openapi.json.'),
  'method-not-allowed': entry(405, 'The method is not allowed here', 'Use one of the methods in the Allow header.'),
  'request-timeout': entry(408, 'The request came too slowly', 'Send the whole request faster.', true),
  'idempotency-in-progress': entry(409, 'The same request is still running', 'Wait and send it again.', true),
  'immutable-field': entry(409, 'A member cannot change after creation', 'Leave it out, or delete and create anew.'),
  'partitions-fixed': entry(409, 'The number of partitions is fixed', 'Create another stream with the wanted number.'),
  'stream-in-use': entry(409, 'The stream has subscriptions', 'Delete its subscriptions first.'),
  'revision-conflict': entry(
    409,
    'Another writer came between',
    'Read the resource again and repeat the change.',
    true,
  ),
  'last-manage-key': entry(409, 'The last manage key cannot go', 'Create another key with scope manage first.'),
  'not-paused': entry(409, 'The subscription is not paused', 'Pause it first.'),
  'secrets-unreadable': entry(
    409,
    'The secrets of the subscription cannot be read',
    'Start every process with the master key of this installation, or set the secrets anew.',
  ),
  'limit-reached': entry(
    409,
    'A limit of this installation is reached',
    'Delete what is not needed or raise the limit.',
  ),
  'revision-mismatch': entry(412, 'The revision is not the current one', 'Read the resource again and send its ETag.'),
  'event-too-large': entry(413, 'The event is too large', 'Send less data, or a reference to it.'),
  'request-too-large': entry(413, 'The request is too large', 'Split it into smaller requests.'),
  'too-many-events': entry(413, 'The batch has too many events', 'Split the batch.'),
  'type-unsupported': entry(415, 'The content type is not supported', 'Send the content type that the detail names.'),
  'encoding-unsupported': entry(415, 'The content encoding is not supported', 'Send the body as it is.'),
  'idempotency-mismatch': entry(422, 'The idempotency key was used for another body', 'Use a new key for a new event.'),
  'schema-violation': entry(
    422,
    'The event does not match the schema of its stream',
    'Correct the members named in errors.',
  ),
  'rate-limited': entry(429, 'Too many requests', 'Wait as long as Retry-After says.', true),
  'headers-too-large': entry(431, 'The headers are too large', 'Send fewer or shorter headers.'),
  internal: entry(500, 'Something broke on our side', 'Report the requestId to the operator.', true),
  'kafka-unavailable': entry(
    503,
    'The log cannot be written now',
    'Send the same request again after Retry-After.',
    true,
  ),
  'outcome-unknown': entry(503, 'It is not known whether the event is stored', 'Send it again with the same id.', true),
  overloaded: entry(503, 'This instance has more than it can take', 'Send it again after Retry-After.', true),
  'batch-incomplete': entry(503, 'Not every event is stored', 'Send the same batch again with the same ids.', true),
  'catalog-stale': entry(503, 'The catalog is not up to date', 'Send it again after Retry-After.', true),
  'index-unavailable': entry(503, 'The search index cannot be asked now', 'Send it again after Retry-After.', true),
  stopping: entry(503, 'This instance is stopping', 'Send it again; another instance answers.', true),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

/** One member at fault: where (`index` of a batch, JSON `pointer`, `header` or `query` parameter), what, how to mend it. */
export type FieldFault = {
  index?: number
  pointer?: string
  header?: string
  query?: string
  code: string
  detail: string
  fix?: string
}

export type ErrorOptions = {
  cause?: unknown
  /** The members at fault; the problem answer carries them as `errors`. */
  errors?: readonly FieldFault[]
  /** Sent as Retry-After (seconds, rounded up) and `retryAfterMs`. */
  retryAfterMs?: number
  /** Further members of the problem answer (`results` of a batch …). */
  extra?: Readonly<Record<string, unknown>>
  /** Further response headers (`Allow`, `WWW-Authenticate` …). */
  headers?: Readonly<Record<string, string>>
}

/** The one error class: a code of the table, what happened in words, and what a caller may do about it. */
export class TailraceError extends Error {
  override readonly name = 'TailraceError'
  readonly code: ErrorCode
  readonly detail: string
  readonly options: ErrorOptions

  constructor(code: ErrorCode, detail: string, options: ErrorOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.detail = detail
    this.options = options
  }
}

/** The message of anything that was thrown, for a log line or a detail text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
