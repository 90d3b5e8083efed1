import { ago, made, partitions } from './moment.ts'

const queues = [
  { key: 'acme/checkout', waiting: 31, head: 'billing-4-1882188', position: 'github-4-1882188', since: ago(1_078) },
  { key: 'acme/search', waiting: 4, head: 'billing-4-1882240', position: 'github-4-1882240', since: ago(402) },
]

const targetsOf = ({ urls, phase }: (typeof made)[number]) =>
  urls.map((url) => ({
    url,
    breaker: phase === 'held' ? 'open' : 'closed',
    openOn: phase === 'held' ? 2 : 0,
    instances: 2,
    lastError: phase === 'held' ? 'connect ECONNREFUSED 10.20.7.11:7700' : null,
    healthy: phase !== 'held',
    byInstance: ['consumer-1', 'consumer-2'].map((instance) => ({
      instance,
      breaker: phase === 'held' ? 'open' : 'closed',
      lastError: phase === 'held' ? 'connect ECONNREFUSED 10.20.7.11:7700' : null,
    })),
  }))

const instance = (id: string, service: string, upSeconds: number) => ({
  ...{
    id,
    service,
    version: '0.1.0',
    pid: 4_000 + id.length,
    startedAt: ago(upSeconds),
    lastHeartbeatAt: new Date().toISOString(),
  },
  ...{ ready: true, rssBytes: 143_654_912, loopDelayMs: 1.2 },
})

/** `GET /v1/state` of the moment; `tick` moves what moves. */
export function state(tick = 0) {
  return {
    at: new Date().toISOString(),
    ...{ version: '0.1.0', health: 'degraded' },
    problems: [
      {
        ...{ code: 'subscription-held', subject: 'subscription search-index', since: ago(1_104) },
        what: 'It is held (all-targets-failing); 70656 events wait, none is lost.',
        fix: 'Start the receiver; a probe finds it by itself. Catching up then takes about 3 m 30 s.',
      },
    ],
    kafka: {
      brokers: [1, 2, 3].map((id) => ({ id, address: `127.0.0.1:${id}9092`, up: true, controller: id === 1 })),
      ...{ underReplicatedPartitions: 0, underMinIsrPartitions: 0 },
    },
    redis: { up: true, degraded: [] },
    instances: [
      instance('producer-1', 'producer', 70_740),
      instance('producer-2', 'producer', 70_740),
      instance('consumer-1', 'consumer', 70_740),
      instance('consumer-2', 'consumer', 15_120),
      instance('console', 'console', 70_740),
    ],
    streams: [
      {
        ...{ name: 'github', eventsPerSecond: 212 + (tick % 5) },
        partitions: partitions.map((partition) => ({
          partition,
          leader: (partition % 3) + 1,
          inSync: [1, 2, 3],
          endOffset: 1_882_301 + partition * 977 + tick * 30,
          lane: 'open',
        })),
      },
      {
        name: 'ops',
        eventsPerSecond: 0,
        partitions: partitions.map((partition) => ({
          partition,
          leader: (partition % 3) + 1,
          inSync: [1, 2, 3],
          endOffset: 12,
          lane: null,
        })),
      },
    ],
    subscriptions: made.map((one) => ({
      ...{ name: one.name, phase: one.phase, eventsPerSecond: one.rate, lagEvents: one.lagEvents },
      lagSeconds: one.phase === 'active' ? one.lagSeconds : one.lagSeconds + tick,
      partitions: partitions.map((partition) => ({
        ...{
          partition,
          owner: partition < 3 ? 'consumer-1' : 'consumer-2',
          committed: 1_879_114,
          end: 1_879_114 + Math.round(one.lagEvents / 6),
        },
        ...{
          inFlight: one.phase === 'active' ? partition % 3 : 0,
          blockedKeys: one.name === 'billing' && partition === 4 ? 2 : 0,
        },
      })),
      targets: targetsOf(one),
    })),
    jobs: [],
    availability: {
      windowSeconds: 86_400,
      ratio: 0.99986,
      mtbfSeconds: 28_800,
      mttrSeconds: 4.1,
      largestGapSeconds: 5.9,
    },
  }
}

/** A subscription as `GET /v1/subscriptions/{name}` answers it. */
export function subscriptionOf(one: (typeof made)[number]) {
  const held = one.phase === 'held'
  return {
    ...{
      name: one.name,
      uid: 'k3v9q2',
      revision: 131,
      createdAt: ago(900_000),
      updatedAt: ago(90_000),
      stream: 'github',
    },
    ...{ from: 'latest', paused: one.phase === 'paused', description: '', ordering: one.ordering },
    filter: { types: one.types.length === 0 ? null : one.types, cel: null },
    destination: {
      ...{ kind: 'http', format: 'as-published', balance: 'round-robin', headers: {} },
      targets: one.urls.map((url) => ({ url, weight: 1, backup: false, healthPath: null })),
    },
    delivery: { timeoutMs: 10_000, connectTimeoutMs: 1_000, concurrency: 32, rateLimit: null, onStatus: {} },
    retry: {
      scheduleMs: [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000],
      giveUpAfterMs: 86_400_000,
      whileBlocked: 'wait',
    },
    signing: {
      schemes: ['v1'],
      publicKey: null,
      secrets: [
        { createdAt: ago(18_000), validUntil: null },
        { createdAt: ago(900_000), validUntil: ago(-68_000) },
      ],
    },
    ...{ startOffsets: {}, group: `tailrace.${one.name}.k3v9q2`, retryTopic: `tailrace.retry.${one.name}.k3v9q2` },
    status: {
      ...{
        phase: one.phase,
        reason: held ? 'all-targets-failing' : null,
        since: held ? ago(1_104) : one.phase === 'paused' ? ago(17_280) : null,
      },
      ...{
        nextProbeAt: held ? new Date(Date.now() + 4_000).toISOString() : null,
        lagEvents: one.lagEvents,
        lagSeconds: one.lagSeconds,
      },
      ...{ lagTrend: held ? 'growing' : 'steady', catchUpSeconds: held ? 210 : null },
      oldestUndelivered: held ? { position: 'github-3-1042', at: ago(1_104), retentionUsed: 0.01 } : null,
      ...{
        retrying: one.name === 'billing' ? 14 : 0,
        blockedKeys: one.name === 'billing' ? 2 : 0,
        longestQueues: one.name === 'billing' ? queues : [],
        deadLetters: one.deadLetters,
      },
      targets: targetsOf(one),
    },
  }
}
