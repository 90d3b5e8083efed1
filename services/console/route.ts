import type { Readable } from 'node:stream'
import { type TSchema, Type } from 'typebox'
import type { Caller } from '#shared/http/authenticate.ts'
import { etagOf, type Preconditions } from './preconditions.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

/** A request as a handler sees it: authenticated, allowed, free of HTTP machinery. */
export type RouteRequest = {
  params: Readonly<Record<string, string>>
  query: Query
  body: unknown
  /** As it was asked for, without the query. */
  path: string
  preconditions: Preconditions
  caller: Caller
  client: Client
}

/** Where a request came from: for routes about sessions, and for answers that go on. */
export type Client = {
  address: string
  /** The Cookie header. */
  cookie: string | undefined
  /** Whether the cookie let it in, and no key. */
  isSession: boolean
  /** Where a client of an event stream wants to go on. */
  lastEventId: string | undefined
  /** Whether the same request would be let in now, for answers that go on. */
  isStillAllowed(): Promise<boolean>
}

export type Answer = {
  status: number
  /** A readable stream is sent as it comes. */
  body?: object | string | Buffer | Readable
  headers?: Readonly<Record<string, string>>
}

/** `mediaType`: if it is not JSON. */
type AnswerDoc = { description: string; schema?: TSchema; etag?: boolean; mediaType?: string }

/** One route: what it needs, what it answers, what it does. The OpenAPI document is made of the same object. */
export type Route = {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** With parameters in braces, as OpenAPI writes them. */
  path: string
  operationId: string
  summary: string
  tag:
    | 'streams'
    | 'subscriptions'
    | 'keys'
    | 'events'
    | 'deliveries'
    | 'dead letters'
    | 'jobs'
    | 'watching'
    | 'discovery'
  /** null: no credential needed; any: one of whatever scope. */
  scope: 'read' | 'operate' | 'manage' | 'any' | null
  /** Query parameters by name; any other one is refused. */
  query?: Readonly<Record<string, TSchema>>
  /** The schema of the request body as documented; the use case checks it. */
  body?: TSchema
  /** Takes If-Match and If-None-Match. */
  conditional?: boolean
  /** Leaves an audit line although it changes nothing. Whatever changes something does so anyway. */
  isAudited?: boolean
  /** Its list also comes as lines of JSON, without an end, to who accepts `application/x-ndjson`. */
  isExported?: boolean
  answers: Readonly<Record<number, AnswerDoc>>
  /** Statuses that it refuses with beside those of `refusalsOf`. */
  refusals?: readonly number[]
  handle(request: RouteRequest): Promise<Answer> | Answer
}

/** An answer with one resource, its revision as ETag. */
export function resourceAnswer(status: number, body: { revision: number }): Answer {
  return { status, body, headers: { etag: etagOf(body.revision) } }
}

/** One parameter of the path; the router has matched it. */
export function param(request: RouteRequest, name: string): string {
  return request.params[name] ?? ''
}

/** The schema of a list answer. */
export function listOf(item: TSchema): TSchema {
  return Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) })
}
