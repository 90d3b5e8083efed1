import type { IncomingHttpHeaders } from 'node:http'
import type { Limits } from '#shared/limits.ts'
import type { EventRecord } from './record.ts'

/** A publish request: one event or many, whatever its form. The body is expanded already. */
export type EventRequest = {
  headers: IncomingHttpHeaders
  /** Names and values in turn, as node:http gives them: the only place where a repeated header shows. */
  rawHeaders: readonly string[]
  query: { readonly type?: string; readonly key?: string; readonly subject?: string }
  body: Buffer
}

/** What the mapping needs to know beside the request. */
export type EventContext = {
  keyId: string
  keyName: string
  instance: string
  /** The type of a plain event that does not name one. */
  defaultType: string | null
  receivedAtMs: number
  limits: Limits
}

/** An event ready to be appended. */
export type MappedEvent = {
  id: string
  source: string
  webhookId: string
  /** Its publisher gave it source and id, so a repeat has the same ones. */
  hasOwnId: boolean
  record: EventRecord
}
