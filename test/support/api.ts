import { request } from 'undici'

export type Answer = { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; text: string }

export type StreamAnswer = { name: string; revision: number; topic: string; partitions: number }

export type SubscriptionStatus = {
  phase: string
  reason: string | null
  nextProbeAt: string | null
  lagEvents: number | null
  retrying: number | null
  deadLetters: number | null
}

/** `owner` is the id of an instance; `openOn` counts those whose breaker is open, `instances` those that report. */
export type SubscriptionState = {
  name: string
  partitions: { partition: number; owner: string | null; inFlight: number }[]
  targets: { openOn: number; instances: number }[]
}

export type StateAnswer = {
  kafka: { brokers: { id: number; up: boolean }[] }
  redis: { up: boolean; degraded: string[] }
  instances: { id: string; service: string; lastHeartbeatAt: string }[]
  subscriptions: SubscriptionState[]
}

export type SubscriptionAnswer = {
  name: string
  uid: string
  revision: number
  group: string
  retryTopic: string
  retry: { scheduleMs: number[]; giveUpAfterMs: number }
  delivery: { timeoutMs: number }
  signingSecret?: string
  status: SubscriptionStatus
}

export type PublishAnswer = { id: string; webhookId: string; partition: number; offset: number; position: string }

export type KeyAnswer = { id: string; secret: string }

type Call = { method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'; path: string; body?: unknown }

type Outgoing = { body: string | Buffer; headers: Readonly<Record<string, string>>; query?: string; apiKey?: string }

/** The routes that tests use. A method named after a thing throws on any other status than success, with the answer. */
export type Api = {
  call(call: Call): Promise<Answer>
  state(): Promise<StateAnswer>
  putStream(name: string, body?: object): Promise<StreamAnswer>
  putSubscription(name: string, body: object): Promise<SubscriptionAnswer>
  patchSubscription(name: string, body: object): Promise<SubscriptionAnswer>
  subscription(name: string): Promise<SubscriptionAnswer>
  /** `pause`, `resume`, `rotate-secret` and the like. */
  act(name: string, action: string, body?: object): Promise<Partial<SubscriptionAnswer>>
  deleteSubscription(name: string): Promise<void>
  /** With its topic. */
  deleteStream(name: string): Promise<void>
  createKey(body: object): Promise<KeyAnswer>
  deleteKey(id: string): Promise<void>
  /** The bare answer, whatever its status. */
  publish(stream: string, event: Outgoing): Promise<Answer>
}

type Places = { publishUrl: string; consoleUrl: string; adminKey: string }

/** A client of both HTTP services with the admin key. */
export function openApi({ publishUrl, consoleUrl, adminKey }: Places): Api {
  const call = async ({ method, path, body }: Call) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const headers = { authorization: `Bearer ${adminKey}`, ...json }
    const text = body === undefined ? null : JSON.stringify(body)
    return answerOf(await request(`${consoleUrl}${path}`, { method, headers, body: text }))
  }
  const succeed = async <T>(of: Call): Promise<T> => {
    const { status, text } = await call(of)
    if (status >= 300) throw new Error(`${of.method} ${of.path} answered ${status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    call,
    state: () => succeed({ method: 'GET', path: '/v1/state' }),
    putStream: (name, body = {}) => succeed({ method: 'PUT', path: `/v1/streams/${name}`, body }),
    putSubscription: (name, body) => succeed({ method: 'PUT', path: `/v1/subscriptions/${name}`, body }),
    patchSubscription: (name, body) => succeed({ method: 'PATCH', path: `/v1/subscriptions/${name}`, body }),
    subscription: (name) => succeed({ method: 'GET', path: `/v1/subscriptions/${name}` }),
    act: (name, action, body) => succeed({ method: 'POST', path: `/v1/subscriptions/${name}/${action}`, body }),
    deleteSubscription: (name) => succeed({ method: 'DELETE', path: `/v1/subscriptions/${name}` }),
    deleteStream: (name) => succeed({ method: 'DELETE', path: `/v1/streams/${name}?topic=delete` }),
    createKey: (body) => succeed({ method: 'POST', path: '/v1/keys', body }),
    deleteKey: (id) => succeed({ method: 'DELETE', path: `/v1/keys/${id}` }),
    publish: async (stream, { body, headers, query = '', apiKey = adminKey }) => {
      const credential = { authorization: `Bearer ${apiKey}` }
      const url = `${publishUrl}/v1/streams/${stream}/events${query}`
      return answerOf(await request(url, { method: 'POST', headers: { ...headers, ...credential }, body }))
    },
  }
}

async function answerOf({ statusCode, headers, body }: Awaited<ReturnType<typeof request>>): Promise<Answer> {
  return { status: statusCode, headers, text: await body.text() }
}
