import { incompleteMany, published, publishedMany, publishQuery } from '#shared/http/publish-shapes.ts'

const one = 'application/json: the data of an event; with `ce-` headers an event in CloudEvents binary mode.'
const forms = {
  'application/json': { schema: { description: one } },
  'application/cloudevents+json': { schema: { type: 'object', description: 'One event with its attributes.' } },
  'application/cloudevents-batch+json': { schema: { type: 'array', items: { type: 'object' } } },
  'application/x-ndjson': { schema: { type: 'string', description: 'One event with its attributes in each line.' } },
  '*/*': { schema: { type: 'string', contentEncoding: 'binary', description: 'The data of an event, kept as it is.' } },
}

const header = (name: string, description: string) => ({
  ...{ name, in: 'header', required: false, description, schema: { type: 'string' } },
})

const dedup = {
  'Tailrace-Dedup': {
    description: 'checked, best-effort, off or unavailable: whether repeats are recognised.',
    schema: { type: 'string' },
  },
}

const json = (schema: object) => ({ 'application/json': { schema } })

/** The one route that the producers serve, for the document of all routes. */
export function publishPath(publishUrl: string): Record<string, Record<string, object>> {
  const post = {
    servers: [{ url: publishUrl }],
    operationId: 'publishEvents',
    summary: 'Publish one event, a batch or lines of events.',
    description: 'Needs the scope publish:<stream>. Bodies may be compressed (Content-Encoding gzip or zstd).',
    tags: ['publishing'],
    parameters: [
      { name: 'stream', in: 'path', required: true, schema: { type: 'string' } },
      ...Object.entries(publishQuery.properties).map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        schema,
      })),
      header('Idempotency-Key', 'The same key with the same body is stored once.'),
      header('ce-id', 'CloudEvents binary mode: this and the other ce- headers are the attributes.'),
    ],
    requestBody: { required: true, content: forms },
    responses: {
      202: {
        description: 'All in-sync replicas have it.',
        headers: {
          ...dedup,
          'Idempotent-Replayed': {
            description: 'true: stored before, nothing was written.',
            schema: { type: 'string' },
          },
        },
        content: json({ oneOf: [published, publishedMany] }),
      },
      503: {
        description: 'Nothing or not everything is stored, or the outcome is unknown; `code` says which.',
        headers: dedup,
        content: {
          'application/problem+json': {
            schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { anyOf: [incompleteMany, {}] }] },
          },
        },
      },
      default: {
        description: 'Why nothing was stored.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
  return { '/v1/streams/{stream}/events': { post } }
}
