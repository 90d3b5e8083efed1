import { type Content, type EventIdentity, formatEventId, sha256 } from '../history.ts'

export const forms = ['binary', 'structured', 'plain'] as const
export type Form = (typeof forms)[number]

/** One event as it goes through the door. Its history id travels as the subject, which every form can carry. */
export type OutgoingEvent = EventIdentity & {
  id: string
  query: string
  headers: Record<string, string>
  body: string
  content: Content
}

type Data = { type: string; source: string; json: string }

/** Puts JSON text into one of the forms that api.md names, with the content that must come out at the other end. */
export function outgoingEvent(identity: EventIdentity, form: Form, data: Data): OutgoingEvent {
  const id = formatEventId(identity)
  const named = {
    specversion: '1.0',
    id,
    source: data.source,
    type: data.type,
    subject: id,
    partitionkey: identity.key,
  }
  switch (form) {
    case 'binary':
      return outgoing(identity, {
        headers: { 'content-type': 'application/json; charset=utf-8', ...ceHeaders(named) },
        body: data.json,
        attributes: named,
      })
    case 'structured':
      return outgoing(identity, {
        headers: { 'content-type': 'application/cloudevents+json' },
        body: `${JSON.stringify({ ...named, datacontenttype: 'application/json' }).slice(0, -1)} ,\n "data" : ${data.json}}`,
        attributes: named,
      })
    case 'plain':
      return outgoing(identity, {
        query: `?${new URLSearchParams({ type: data.type, key: identity.key, subject: id })}`,
        headers: { 'content-type': 'application/json' },
        body: data.json,
        attributes: { specversion: '1.0', type: data.type, subject: id },
      })
    default:
      return form satisfies never
  }
}

/** JSON that any parse-and-print would change: spaces, escapes, long numbers, a member twice. */
export const awkwardJson = (seq: number, bytes: number): string =>
  `{ "seq":${seq},"amount" : 1.10, "big":12345678901234567890, "name":"Zo\\u00eb \\/ Zoë", "same":1,"same":2, "fill":"${'x'.repeat(bytes)}" }`

type Parts = Pick<OutgoingEvent, 'headers' | 'body'> & { query?: string; attributes: Content['attributes'] }

function outgoing(identity: EventIdentity, { query = '', headers, body, attributes }: Parts): OutgoingEvent {
  const contentType = headers['content-type'] ?? ''
  const id = formatEventId(identity)
  return { ...identity, id, query, headers, body, content: { sha256: sha256(body), contentType, attributes } }
}

const ceHeaders = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
