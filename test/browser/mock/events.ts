import { ago, eventId, keysOfEvents, made, pick, typesOfEvents } from './moment.ts'

/** An event in a list. */
export function eventOf(number: number) {
  return {
    ...{
      id: eventId(number),
      source: '/github/acme',
      type: `com.github.${pick(typesOfEvents, number)}`,
      key: pick(keysOfEvents, number),
    },
    ...{
      position: `github-4-${1_882_301 - number}`,
      stream: 'github',
      partition: 4,
      offset: 1_882_301 - number,
      webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA',
    },
    ...{
      acceptedAt: ago(149 + number * 7),
      storedAt: ago(149 + number * 7),
      acceptedBy: 'producer-2',
      bytes: 8_214 + number,
      contentType: 'application/json',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
  }
}

const delivery = (subscription: string, state: string, more: object = {}) => ({
  ...{
    id: `${subscription}-4-1882301`,
    subscription,
    subscriptionUid: 'k3v9q2',
    position: 'github-4-1882301',
    state,
    because: null,
    behind: null,
  },
  ...{ nextAttemptAt: null, attempts: 0, firstAttemptAt: null, settledAt: null },
  ...more,
})

const types = 'type com.github.star.created is not in'

/** Of an event some want, or (`silent`) of one that nobody was sent. */
export function journeyOf(kind: 'mixed' | 'silent') {
  const record = eventOf(0)
  const common = {
    id: record.id,
    source: record.source,
    type: record.type,
    webhookId: record.webhookId,
    indexCompleteTo: ago(1),
    records: [record],
  }
  if (kind === 'silent')
    return {
      ...{ ...common, type: 'com.github.star.created' },
      deliveries: [
        ...made
          .slice(0, 5)
          .map(({ name }) =>
            delivery(name, 'filtered', { because: `${types} push, pull_request.*, issues.*`, settledAt: ago(149) }),
          ),
        delivery('ci-trigger', 'paused', { because: 'the subscription is paused; it is delivered after resume' }),
      ],
    }
  return {
    ...common,
    deliveries: [
      delivery('audit', 'delivered', { attempts: 1, firstAttemptAt: ago(148.99), settledAt: ago(148.96) }),
      delivery('mailer', 'dead-lettered', {
        attempts: 1,
        because: '422 from mailer.internal: unknown template workflow_run_v2',
        firstAttemptAt: ago(148.99),
        settledAt: ago(148.89),
      }),
      delivery('billing', 'retrying', {
        attempts: 2,
        because: 'target answered 502',
        nextAttemptAt: ago(-25),
        firstAttemptAt: ago(148.9),
      }),
      delivery('warehouse', 'waiting', {
        because: 'behind warehouse-4-1882299 of the same key',
        behind: 'warehouse-4-1882299',
      }),
      delivery('search-index', 'filtered', {
        because: 'type com.github.workflow_run.completed is not in push, pull_request.*, issues.*',
        settledAt: ago(149),
      }),
      delivery('ci-trigger', 'paused', { because: 'the subscription is paused; it is delivered after resume' }),
    ],
  }
}

const answers: Readonly<Record<string, { status: number; decision: string; body: string; hint: string | null }[]>> = {
  audit: [{ status: 200, decision: 'delivered', body: '', hint: null }],
  mailer: [
    {
      status: 422,
      decision: 'dead-letter',
      body: '{"error":"unknown template workflow_run_v2"}',
      hint: 'The receiver refuses this event. Correct one of the two, then redrive it.',
    },
  ],
  billing: [
    { status: 502, decision: 'retry', body: '<h1>502 Bad Gateway</h1>', hint: null },
    {
      status: 502,
      decision: 'retry',
      body: '<h1>502 Bad Gateway</h1>',
      hint: 'The receiver failed on this event. Fix it; the next attempt comes by itself.',
    },
  ],
}

/** `GET /v1/deliveries/{id}`. */
export function wholeDelivery(id: string) {
  const subscription = id.split('-4-')[0] ?? ''
  const known = journeyOf('mixed').deliveries.find((one) => one.subscription === subscription)
  const attemptList = (answers[subscription] ?? []).map(({ status, decision, body, hint }, index) => ({
    ...{
      number: index + 1,
      at: ago(149 - index * 30),
      instance: 'consumer-2',
      target: `https://${subscription}.internal/hooks`,
      job: null,
    },
    ...{
      decision,
      code: `status-${status}`,
      status,
      timingsMs: { dns: 0.4, connect: 1.2, tls: 7, firstByte: 95 + index * 120, total: 96 + index * 120 },
    },
    ...{ responseHead: { 'content-type': 'application/json' }, responseBody: body, responseTruncated: false, hint },
  }))
  return { ...known, attemptList }
}

const dead = (subscription: string, cause: string, code: string, detail: string, many: number, everySeconds: number) =>
  Array.from({ length: many }, (_, number) => {
    const event = eventOf(number)
    const quiet = everySeconds > 3_600 ? everySeconds : 0
    return {
      ...{
        id: `${subscription}-4-${event.offset}`,
        subscription,
        position: event.position,
        eventId: event.id,
        source: event.source,
        type: event.type,
      },
      ...{ key: event.key, kind: 'receiver', cause, code, detail, attempts: cause === 'exhausted' ? 9 : 1 },
      ...{
        firstAttemptAt: ago(quiet + number * everySeconds + 2),
        lastAttemptAt: ago(quiet + number * everySeconds + 1),
        deadAt: ago(quiet + number * everySeconds + 1),
      },
      ...{ expiresAt: ago(-2_592_000), contentType: 'application/json', bytes: 8_214, job: null },
    }
  })

export const deadLetters = [
  ...dead('mailer', 'refused', 'status-422', '422 from mailer.internal: unknown template workflow_run_v2', 37, 47),
  ...dead('billing', 'exhausted', 'status-503', '503 Service Unavailable', 3, 172_800),
  ...dead('audit', 'too-large', 'status-413', 'body 1,311,002 bytes, limit 1,048,576', 1, 432_000),
]

/** `GET /v1/dead-letters/summary`. */
export function summary() {
  const groups = ['mailer', 'billing', 'audit'].map((subscription) => {
    const of = deadLetters.filter((letter) => letter.subscription === subscription)
    const [newest, oldest] = [of[0], of.at(-1)]
    return {
      subscription,
      cause: newest?.cause,
      code: newest?.code,
      count: of.length,
      firstAt: oldest?.deadAt,
      lastAt: newest?.deadAt,
      sample: newest?.id,
    }
  })
  return { groups, total: deadLetters.length, leftOut: 0 }
}
