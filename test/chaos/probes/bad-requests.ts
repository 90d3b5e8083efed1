import { request } from 'undici'
import type { System } from '../../support/stack.ts'
import type { Experiment } from '../experiment.ts'
import { formatEventId, monotonicNs } from '../history.ts'

type Bad = { what: string; headers: Record<string, string>; body: string | Buffer }

const binary = { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-type': 't', 'ce-source': '/bad' }
const plain = { 'content-type': 'application/json' }
const structured = { 'content-type': 'application/cloudevents+json' }

/** Each names its history id wherever its form can, so that a record of it would be found. */
function badRequests(id: string): Bad[] {
  const { 'ce-type': _, ...untyped } = binary
  const named = { ...binary, 'ce-id': id, 'ce-subject': id }
  return [
    { what: 'a time that is none', headers: { ...named, 'ce-time': 'yesterday' }, body: '{}' },
    { what: 'another version', headers: { ...named, 'ce-specversion': '0.3' }, body: '{}' },
    { what: 'no type', headers: { ...untyped, 'ce-id': id, 'ce-subject': id }, body: '{}' },
    { what: 'an id that is empty', headers: { ...binary, 'ce-id': '', 'ce-subject': id }, body: '{}' },
    { what: 'half a JSON', headers: plain, body: '{"a":[1,2' },
    { what: 'a JSON with a comment', headers: plain, body: '{"a":1 /* one */}' },
    { what: 'an array for an event', headers: structured, body: '[1]' },
    { what: 'an event that ends early', headers: structured, body: `{"specversion":"1.0","id":"${id}"` },
    { what: 'no UTF-8', headers: plain, body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
    { what: 'too deep a JSON', headers: plain, body: `${'['.repeat(65)}${']'.repeat(65)}` },
    { what: 'a form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' },
    { what: 'no content type', headers: {}, body: '{}' },
  ]
}

/** Sends what no publisher should send, one after the other, and writes down the answers. */
export async function sendBadRequests(
  { publishUrl, adminKey }: System,
  { run, stream, note }: Experiment,
): Promise<void> {
  for (const index of badRequests('').keys()) {
    const id = formatEventId({ run, publisher: 'bad', key: `b${index}`, seq: 0 })
    const bad = badRequests(id)[index]
    if (bad === undefined) continue
    const query = 'ce-id' in bad.headers ? '' : `?${new URLSearchParams({ subject: id })}`
    const url = `${publishUrl}/v1/streams/${stream}/events${query}`
    const headers = { ...bad.headers, authorization: `Bearer ${adminKey}` }
    const answer = await request(url, { method: 'POST', headers, body: bad.body })
      .then(async ({ statusCode, body }) => ({ status: statusCode, code: codeOf(await body.text()) }))
      .catch(() => ({ status: null, code: null }))
    note({ op: 'bad-request', run, actor: 'bad', ns: monotonicNs(), id, what: bad.what, ...answer })
  }
}

const codeOf = (text: string): string | null => /"code":"([a-z-]+)"/.exec(text)?.[1] ?? null
