import { randomBytes } from 'node:crypto'
import type { ConsoleClient, Json, Reply } from './console-client.ts'

/** What a replay works with; `at` keeps ids of what earlier steps made. */
export type Stage = { api: ConsoleClient; url: string; adminKey: string; at: Map<string, string> }

type Step = { operation: string; status: number; call(stage: Stage): Promise<Reply> }

const step = (operation: string, status: number, call: Step['call']): Step => ({ operation, status, call })
const targets = [{ url: 'http://127.0.0.1:1024/' }]
const billing = '/v1/subscriptions/billing'
const select = { subscription: 'billing' }

/** Calls without JSON: their answer is no part of what `api` checks. */
const plain = async (answer: Promise<Response>): Promise<Reply> => {
  const { status, headers, body } = await answer
  await body?.cancel()
  return { status, headers, body: {} }
}

const keep = async (name: string, answer: Promise<Reply>, { at }: Stage, member = 'id') => {
  const reply = await answer
  at.set(name, String(reply.body[member]))
  return reply
}

const keyPath = ({ at }: Stage) => `/v1/keys/${at.get('key')}`
const jobPath = ({ at }: Stage) => `/v1/jobs/${at.get('job')}`

/** One request for every success that is documented, in an order in which each finds what it needs. */
export const successes: readonly Step[] = [
  step('getInfo', 200, ({ api }) => api('GET', '/v1/info')),
  step('getState', 200, ({ api }) => api('GET', '/v1/state')),
  step('signIn', 200, async ({ api, adminKey, at }) => {
    const reply = await api('POST', '/v1/session', { key: adminKey })
    at.set('cookie', reply.headers.get('set-cookie')?.split(';')[0] ?? '')
    return reply
  }),
  step('getSession', 200, ({ api, at }) => api.as(null)('GET', '/v1/session', undefined, cookie(at))),
  step('listen', 200, ({ url, at }) => plain(fetch(`${url}/v1/live`, { headers: cookie(at) }))),
  step('signOut', 204, ({ api, at }) =>
    api.as(null)('DELETE', '/v1/session', undefined, { ...cookie(at), 'sec-fetch-site': 'same-origin' }),
  ),
  step('putStream', 201, ({ api }) => api('PUT', '/v1/streams/orders', { partitions: 1 })),
  step('putStream', 200, ({ api }) => api('PUT', '/v1/streams/orders', { description: 'x' })),
  step('listStreams', 200, ({ api }) => api('GET', '/v1/streams')),
  step('getStream', 200, ({ api }) => api('GET', '/v1/streams/orders')),
  step('patchStream', 200, ({ api }) => api('PATCH', '/v1/streams/orders', { description: 'y' })),
  step('putSubscription', 201, ({ api }) => api('PUT', billing, { stream: 'orders', destination: { targets } })),
  step('putSubscription', 200, ({ api }) => api('PUT', billing, { stream: 'orders', destination: { targets } })),
  step('listSubscriptions', 200, ({ api }) => api('GET', '/v1/subscriptions')),
  step('getSubscription', 200, ({ api }) => api('GET', billing)),
  step('patchSubscription', 200, ({ api }) => api('PATCH', billing, { description: 'x' })),
  step('holdSubscription', 200, ({ api }) => api('POST', `${billing}/hold`)),
  step('releaseSubscription', 200, ({ api }) => api('POST', `${billing}/release`)),
  step('testSubscription', 200, ({ api }) => api('POST', `${billing}/test`, {})),
  step('pauseSubscription', 200, ({ api }) => api('POST', `${billing}/pause`)),
  step('seekSubscription', 200, ({ api }) => api('POST', `${billing}/seek`, { to: 'latest' })),
  step('resumeSubscription', 200, ({ api }) => api('POST', `${billing}/resume`)),
  step('rotateSecret', 200, ({ api }) => api('POST', `${billing}/rotate-secret`, {})),
  step('createKey', 201, (stage) => keep('key', stage.api('POST', '/v1/keys', { name: 'k', scopes: ['read'] }), stage)),
  step('listKeys', 200, ({ api }) => api('GET', '/v1/keys')),
  step('getKey', 200, (stage) => stage.api('GET', keyPath(stage))),
  step('patchKey', 200, (stage) => stage.api('PATCH', keyPath(stage), { name: 'l' })),
  step('rotateKey', 200, (stage) => stage.api('POST', `${keyPath(stage)}/rotate`, {})),
  step('listEvents', 200, ({ api }) => api('GET', '/v1/events')),
  step('browseStream', 200, ({ api }) => api('GET', '/v1/streams/orders/events')),
  step('getHistory', 200, ({ api }) => api('GET', '/v1/history?series=stored/orders')),
  step('listAudit', 200, ({ api }) => api('GET', '/v1/audit')),
  step('listDeliveries', 200, ({ api }) => api('GET', '/v1/deliveries')),
  step('listDeadLetters', 200, ({ api }) => api('GET', '/v1/dead-letters')),
  step('summarizeDeadLetters', 200, ({ api }) => api('GET', '/v1/dead-letters/summary')),
  step('redrive', 200, ({ api }) => api('POST', '/v1/redrives', { select, dryRun: true })),
  step('discard', 200, ({ api }) => api('POST', '/v1/discards', { select, dryRun: true })),
  step('replay', 200, ({ api }) => api('POST', '/v1/replays', { subscription: 'billing', dryRun: true })),
  step('redrive', 202, (stage) => keep('job', stage.api('POST', '/v1/redrives', { select }), stage)),
  step('discard', 202, ({ api }) => api('POST', '/v1/discards', { select })),
  step('replay', 202, ({ api }) => api('POST', '/v1/replays', { subscription: 'billing' })),
  step('listJobs', 200, ({ api }) => api('GET', '/v1/jobs')),
  step('getJob', 200, (stage) => stage.api('GET', jobPath(stage))),
  step('cancelJob', 200, (stage) => stage.api('POST', `${jobPath(stage)}/cancel`)),
]

/** What takes things away: after the refusals, which need something to refuse. */
export const endings: readonly Step[] = [
  step('deleteKey', 204, (stage) => stage.api('DELETE', keyPath(stage))),
  step('deleteSubscription', 204, ({ api }) => api('DELETE', billing)),
  step('deleteStream', 204, ({ api }) => api('DELETE', '/v1/streams/orders?topic=delete')),
]

const cookie = (at: Stage['at']) => ({ cookie: at.get('cookie') ?? '' })

/** Documented answers that this replay does not cause, and where they are caused. */
export const elsewhere: Readonly<Record<string, string>> = {
  'publishEvents *': 'the producers serve it: test/integration/producer',
  'getJourney 200': 'needs an event: test/integration/console/journey.test.ts',
  'getEventBody 200': 'needs an event: test/integration/console/journey.test.ts',
  'getDelivery 200': 'needs a consumer: test/integration/console/deliveries.test.ts',
  'retryDelivery 202': 'needs a consumer: test/integration/jobs/redrive.test.ts',
  'listen 503': 'needs a hundred clients: test/unit/console/live/hub.test.ts',
}

/** A request that an operation refuses with this status; undefined for a status that no request causes by itself. */
export function refused(operation: Operation, status: number, stage: Stage): Promise<Reply> | undefined {
  const { method, path, id } = operation
  const known = fill(path, {
    stream: 'orders',
    name: path.includes('/streams') ? 'orders' : 'billing',
    id: stage.at.get('key') ?? '',
  })
  const absent = fill(path, { name: 'absent', id: path.includes('/deliveries') ? 'absent-0-0' : 'absent' })
  const { api } = stage
  switch (status) {
    case 400:
      return api(method, `${known}?nonsense=1`)
    case 401:
      return id === 'signIn' ? api.as(null)('POST', path, { key: 'x' }) : api.as(null)(method, known)
    case 403:
      // A key of whatever scope is enough: only the cookie of another page is refused.
      return ofAnyScope.has(id)
        ? api.as(null)(method, path, undefined, { ...cookie(stage.at), 'sec-fetch-site': 'same-site' })
        : api.as(stage.at.get('weak') ?? null)(method, known)
    case 404:
      return api(method, absent, bodies[id] ?? (method === 'PATCH' ? {} : undefined))
    case 412:
      return api(method, known, bodies[id] ?? {}, { 'if-match': '"0"' })
    case 415:
      return api(method, known, 'x', { 'content-type': 'text/plain' })
    case 429:
      return tooOften(stage)
    default:
      return undefined
  }
}

export type Operation = { id: string; method: string; path: string }

const ofAnyScope = new Set(['signOut', 'getSession', 'getEventBody'])

/** Bodies without which an operation refuses for another reason. */
const bodies: Readonly<Record<string, Json>> = {
  putStream: { partitions: 1 },
  putSubscription: { stream: 'orders', destination: { targets } },
  seekSubscription: { to: 'latest' },
}

async function tooOften({ api }: Stage): Promise<Reply> {
  const key = `tr_${randomBytes(6).toString('hex')}_${'a'.repeat(43)}`
  for (;;) {
    const reply = await api.as(null)('POST', '/v1/session', { key })
    if (reply.status !== 401) return reply
  }
}

function fill(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? 'absent')
}
