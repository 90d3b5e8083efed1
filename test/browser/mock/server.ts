import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { deadLetters, eventOf, journeyOf, summary, wholeDelivery } from './events.ts'
import { type LivePace, openLive } from './live.ts'
import { ago, made } from './moment.ts'
import { state, subscriptionOf } from './state.ts'

/** The policy of the real console: what it refuses there is refused here. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const dist = join(import.meta.dirname, '../../../services/console/web/dist')
const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
}
const admin = { keyId: '8fK2mQ0xZa1b', name: 'maria', scopes: ['publish:*', 'consume:*', 'manage'], expiresAt: null }
const list = (items: readonly unknown[]) => ({ items, next: null })

type Mock = {
  url: string
  /** How often the page was told of a change of the state, and of how many deliveries, those that are only counted included. */
  told(): { patches: number; deliveries: number }
  close(): void
}

/** A console that answers from one made-up moment, for states that a real stack reaches only after hours. Not a test of the API. */
export function startMock({ pace }: { pace?: LivePace } = {}): Promise<Mock> {
  let isSignedIn = true
  const live = openLive(pace)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock')
    if (url.pathname === '/v1/live') return live.listen(request, response, url)
    if (!url.pathname.startsWith('/v1/')) return file(url.pathname, response)
    if (url.pathname === '/v1/session') {
      if (request.method !== 'GET') isSignedIn = request.method === 'POST'
      return isSignedIn ? json(response, admin) : json(response, refusal, 401)
    }
    const found = answer(url, request.method ?? 'GET')
    return found === undefined
      ? json(response, { ...refusal, status: 404, title: 'Not found', code: 'not-found' }, 404)
      : json(response, found)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : 0
      const close = () => {
        server.closeAllConnections()
        server.close()
      }
      resolve({ url: `http://127.0.0.1:${bound}`, told: live.told, close })
    })
  })
}

const refusal = {
  title: 'A credential is required',
  status: 401,
  code: 'credential-missing',
  detail: 'Sign in.',
  retryable: false,
  requestId: 'req_1',
  instance: '/',
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body))
}

function file(path: string, response: ServerResponse): void {
  const name = extname(path) === '' ? 'index.html' : path
  response.writeHead(200, {
    'content-type': contentTypes[extname(name)] ?? 'text/plain',
    'content-security-policy': policy,
  })
  response.end(readFileSync(join(dist, name)))
}

function answer(url: URL, method: string): unknown {
  const [, , kind = '', id = '', part = ''] = url.pathname.split('/').map(decodeURIComponent)
  const wanted = (name: string) => url.searchParams.get(name)
  switch (kind) {
    case 'info':
      return {
        version: '0.1.0',
        publishUrl: 'http://127.0.0.1:8080',
        consoleUrl: 'http://127.0.0.1:8090',
        limits: {},
        features: [],
      }
    case 'state':
      return state()
    case 'events':
      if (part === 'body')
        return {
          action: 'completed',
          workflow_run: { id: 10833217754, name: 'build', conclusion: 'success' },
          repository: { full_name: 'acme/checkout' },
        }
      return id === ''
        ? list(Array.from({ length: wanted('limit') === '6' ? 6 : 24 }, (_, number) => eventOf(number)))
        : journeyOf(id === 'silent' ? 'silent' : 'mixed')
    case 'deliveries':
      return id === ''
        ? list(journeyOf('mixed').deliveries.filter((one) => one.state === 'retrying'))
        : wholeDelivery(id)
    case 'subscriptions': {
      const one = made.find(({ name }) => name === id)
      return id === ''
        ? list(made.map(subscriptionOf))
        : one && (part === 'test' ? wholeDelivery('audit-4-1').attemptList[0] : subscriptionOf(one))
    }
    case 'dead-letters':
      return id === 'summary'
        ? summary()
        : list(deadLetters.filter((one) => [null, one.subscription].includes(wanted('subscription'))).slice(0, 12))
    case 'redrives':
      return method === 'POST' ? { ...job, dryRun: true, bytes: 30_044, sample: ['mailer-4-1882301'] } : undefined
    case 'jobs':
      return id === '' ? list([job]) : job
    case 'streams':
      return id === ''
        ? list(['github', 'ops'].map(streamOf))
        : part === 'events'
          ? list(Array.from({ length: 20 }, (_, number) => eventOf(number)))
          : streamOf(id)
    case 'keys':
      return list([
        keyOf('maria', ['publish:*', 'consume:*', 'manage']),
        keyOf('github-app', ['publish:github']),
        keyOf('dashboard', ['read']),
      ])
    case 'audit':
      return list([
        auditOf('pauseSubscription', 'ci-trigger/pause', 17_280),
        auditOf('rotateSecret', 'search-index/rotate-secret', 18_000),
        auditOf('putSubscription', 'mailer', 90_000),
      ])
    case 'history':
      return history(wanted('series')?.split(',') ?? [])
    default:
      return undefined
  }
}

const job = {
  ...{
    id: 'job_01JD8Z6T01',
    kind: 'redrive',
    request: {},
    state: 'running',
    matched: 37,
    done: 23,
    delivered: 22,
    deadLettered: 1,
    ratePerSecond: 5,
  },
  ...{
    runner: 'consumer-2',
    createdBy: 'key 8fK2mQ0xZa1b',
    createdAt: ago(30),
    finishedAt: null,
    etaSeconds: 3,
    error: null,
    because: null,
  },
}

function streamOf(name: string) {
  return {
    ...{
      name,
      revision: 118,
      createdAt: ago(900_000),
      updatedAt: ago(900_000),
      partitions: 6,
      retentionMs: 604_800_000,
      retentionBytes: null,
    },
    ...{
      topic: `tailrace.events.${name}`,
      bound: false,
      defaultType: null,
      schema: null,
      description: name === 'github' ? 'webhooks of GitHub' : 'operational events',
    },
    status: {
      phase: 'active',
      reason: null,
      since: ago(900_000),
      events: 11_293_806,
      bytes: 92_612_033_112,
      eventsPerSecond: 212,
      underReplicatedPartitions: 0,
      subscriptions: name === 'github' ? made.map((one) => one.name) : [],
    },
  }
}

const keyOf = (name: string, scopes: string[]) => ({
  ...{
    id: `${name.slice(0, 3)}K2mQ0xZa1b`,
    name,
    scopes,
    rateLimit: null,
    expiresAt: null,
    createdAt: ago(900_000),
    lastUsedAt: ago(4),
    revision: 97,
  },
  secrets: [{ createdAt: ago(900_000), validUntil: null }],
})

const auditOf = (action: string, path: string, seconds: number) => ({
  ...{
    at: ago(seconds),
    by: 'key 8fK2mQ0xZa1b',
    name: 'maria',
    action,
    path: `/v1/subscriptions/${path}`,
    status: 200,
  },
})

const levels: Readonly<Record<string, number>> = {
  stored: 12_700,
  delivered: 2_400,
  failed: 4,
  'dead-lettered': 1,
  lag: 0.4,
}

function history(series: readonly string[]) {
  const value = (kind: string, minute: number) =>
    kind === 'lag'
      ? Math.max(0.3, minute - 55) * 60
      : Math.max(
          0,
          Math.round(
            (levels[kind] ?? 1) *
              (1 + 0.06 * Math.sin(minute * 1.7) + (kind === 'failed' && minute % 17 === 0 ? 6 : 0)),
          ),
        )
  return {
    series: series.map((name) => ({
      ...{ name, kind: 'sum' },
      values: Array.from({ length: 61 }, (_, minute) => value(name.split('/')[0] ?? '', minute + name.length)),
    })),
  }
}
