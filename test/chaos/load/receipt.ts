import type { IncomingHttpHeaders } from 'node:http'
import { type Attributes, type Content, parseEventId, sha256 } from '../history.ts'

export type Receipt = Content & {
  id: string
  subscription: string
  attempt: number
  partition: number
  offset: number
  job: string | null
}

/** What a delivery says about itself: the event's id in the history, its content and its place in the log. */
export function readReceipt(headers: IncomingHttpHeaders, body: Buffer): Receipt {
  const attributes = attributesOf(headers)
  const [, partition = '-1', offset = '-1'] = /-(\d+)-(\d+)$/.exec(text(headers['tailrace-position'])) ?? []
  return {
    id: historyId(attributes),
    subscription: text(headers['tailrace-subscription']),
    attempt: Number(text(headers['tailrace-attempt'])),
    partition: Number(partition),
    offset: Number(offset),
    job: text(headers['tailrace-replay']) || null,
    sha256: sha256(body),
    contentType: text(headers['content-type']),
    attributes,
  }
}

/** The subject when it is an id of a history, else the event's own id. */
export const historyId = ({ subject = '', id = '' }: Attributes): string =>
  parseEventId(subject) === undefined ? id : subject

function attributesOf(headers: IncomingHttpHeaders): Attributes {
  const named = Object.entries(headers).filter(([name]) => name.startsWith('ce-'))
  return Object.fromEntries(named.map(([name, value]) => [name.slice(3), percentDecoded(text(value))]))
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

const text = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join(',') : (value ?? ''))
