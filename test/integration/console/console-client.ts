import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

export type Json = { [member: string]: unknown }
export type Reply = { status: number; headers: Headers; body: Json }

export type ConsoleClient = {
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** The same API as another caller. */
  as(key: string | null): ConsoleClient
}

/** A client that checks every answer against the OpenAPI document of the console it talks to. */
export async function createClient(url: string, key: string): Promise<ConsoleClient> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Json
  const check = answerChecker(document)
  const as = (credential: string | null): ConsoleClient => {
    const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const reply = { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
      check(method, path, reply)
      return reply
    }
    return Object.assign(call, { as })
  }
  return as(key)
}

type Document = { paths: Record<string, Record<string, { responses: Record<string, Answer> }>>; components: Json }
type Answer = { content?: Record<string, { schema: object }> }

function answerChecker(json: Json): (method: string, path: string, reply: Reply) => void {
  const { paths, components } = json as unknown as Document
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  return (method, path, { status, headers, body }) => {
    const bare = path.split('?')[0] ?? ''
    const template = Object.keys(paths).find((known) =>
      new RegExp(`^${known.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare),
    )
    const responses = paths[template ?? '']?.[method.toLowerCase()]?.responses
    const type = headers.get('content-type')?.split(';')[0] ?? ''
    const answer = responses?.[status] ?? { content: { [type]: { schema: { $ref: '#/components/schemas/Problem' } } } }
    if (status < 400) assert.ok(responses?.[status], `${method} ${bare} answered ${status}, which is not documented`)
    else assert.equal(type, 'application/problem+json')
    const schema = answer.content?.[type]?.schema
    if (schema === undefined) return assert.deepEqual(body, {}, `${method} ${bare} ${status} documents no body`)
    const valid = ajv.validate(closed({ ...schema, components }), body)
    assert.ok(valid, `${method} ${bare} ${status}: ${ajv.errorsText()}\n${JSON.stringify(body, null, 1)}`)
  }
}

/** The same schema with members that nobody documented forbidden. */
function closed(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null) return schema as never
  if (Array.isArray(schema)) return schema.map(closed)
  const copy = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]))
  return 'properties' in copy && 'type' in copy ? { ...copy, additionalProperties: false } : copy
}
