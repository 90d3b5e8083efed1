import { Type } from 'typebox'
import { type JobAnswer, jobAnswerOf } from '#shared/catalog/job-schema.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { time } from '#shared/catalog/schema.ts'
import { type InstanceReport, readInstances } from '#shared/redis/instances.ts'
import { version } from '#shared/version.ts'
import { availabilityAnswer } from './availability.ts'
import type { Console } from './context.ts'
import { jobsOf } from './jobs.ts'
import { lagOf, partitionLags, subscriptionRate } from './lag.ts'
import { findProblems, problemSchema } from './problems.ts'
import { streamRate, sum, underReplicated } from './stream-answer.ts'
import { phaseOf, reportsOn, targetsOf } from './subscription-status.ts'

const integerOrNull = Type.Union([Type.Integer(), Type.Null()])
const numberOrNull = Type.Union([Type.Number(), Type.Null()])
const textOrNull = Type.Union([Type.String(), Type.Null()])

/** The live state as `GET /v1/state` answers it. */
export const stateAnswer = Type.Object({
  at: time('When Kafka was last asked, or now if it never answered.'),
  version: Type.String(),
  health: Type.String({ description: 'ok, degraded or down.' }),
  problems: Type.Array(problemSchema),
  kafka: Type.Object({
    brokers: Type.Array(
      Type.Object({ id: Type.Integer(), address: Type.String(), up: Type.Boolean(), controller: Type.Boolean() }),
    ),
    underReplicatedPartitions: Type.Integer(),
    underMinIsrPartitions: Type.Integer(),
  }),
  redis: Type.Object({ up: Type.Boolean(), degraded: Type.Array(Type.String()) }),
  instances: Type.Array(
    Type.Object({
      ...{ id: Type.String(), service: Type.String(), version: Type.String(), pid: Type.Integer() },
      ...{ startedAt: time('When it started.'), lastHeartbeatAt: time('When it last reported.') },
      ...{ ready: Type.Boolean(), rssBytes: Type.Integer(), loopDelayMs: Type.Number() },
    }),
  ),
  streams: Type.Array(
    Type.Object({
      name: Type.String(),
      eventsPerSecond: numberOrNull,
      partitions: Type.Array(
        Type.Object({
          ...{ partition: Type.Integer(), leader: Type.Integer(), inSync: Type.Array(Type.Integer()) },
          ...{ endOffset: Type.Integer(), lane: textOrNull },
        }),
      ),
    }),
  ),
  subscriptions: Type.Array(
    Type.Object({
      ...{ name: Type.String(), phase: Type.String(), eventsPerSecond: numberOrNull },
      ...{ lagEvents: integerOrNull, lagSeconds: numberOrNull },
      partitions: Type.Array(
        Type.Object({
          ...{ partition: Type.Integer(), owner: textOrNull, committed: Type.Integer(), end: Type.Integer() },
          ...{ inFlight: Type.Integer(), blockedKeys: Type.Integer() },
        }),
      ),
      targets: Type.Array(
        Type.Object({
          ...{ url: Type.String(), breaker: textOrNull, openOn: Type.Integer(), instances: Type.Integer() },
          ...{ lastError: textOrNull, healthy: Type.Union([Type.Boolean(), Type.Null()]) },
        }),
      ),
    }),
  ),
  jobs: Type.Array(
    Type.Object({
      ...{ id: Type.String(), kind: Type.String(), state: Type.String() },
      ...{ matched: Type.Integer(), done: Type.Integer() },
    }),
  ),
  availability: availabilityAnswer,
})

/** Everything that can be known now; what cannot be asked keeps its last value and is named in `problems`. */
export async function readState(console: Console) {
  const [picture, instances] = await Promise.all([
    console.monitor.look(),
    readInstances(console.redis, console.prefix, Date.now()),
  ])
  const streams = console.catalog.streams()
  const subscriptions = console.catalog.subscriptions()
  const pictures = [...(picture?.streams.values() ?? [])]
  const problems = findProblems(console, instances)
  return {
    at: new Date(picture?.atMs ?? Date.now()).toISOString(),
    version,
    health: problems.some(({ code }) => code === 'kafka-unreachable')
      ? 'down'
      : problems.length > 0
        ? 'degraded'
        : 'ok',
    problems,
    kafka: {
      brokers: picture?.brokers ?? [],
      underReplicatedPartitions: sum(pictures.map(underReplicated)),
      underMinIsrPartitions: sum(
        pictures.map((one) => one.partitions.filter(({ inSync }) => inSync.length < 2).length),
      ),
    },
    redis: redisState(instances),
    instances: (instances ?? []).map(instanceState),
    streams: streams.map((stream) => streamState(console, stream, instances)),
    subscriptions: subscriptions.map((subscription) => subscriptionState(console, subscription, instances)),
    jobs: jobsUnderWay(console),
    availability: console.availability.answer(Date.now()),
  }
}

const usesOfRedis = ['instances', 'breakers', 'rates']

const redisState = (instances: readonly InstanceReport[] | null) =>
  instances === null ? { up: false, degraded: usesOfRedis } : { up: true, degraded: [] }

function instanceState({ at, id, service, pid, startedAt, ready, rssBytes, loopDelayMs, ...rest }: InstanceReport) {
  return { id, service, version: rest.version, pid, startedAt, lastHeartbeatAt: at, ready, rssBytes, loopDelayMs }
}

function streamState(console: Console, stream: Stream, instances: readonly InstanceReport[] | null) {
  const partitions = console.monitor.last()?.streams.get(stream.name)?.partitions ?? []
  const lanes = (instances ?? []).flatMap((instance) => instance.lanes ?? [])
  const laneOf = (partition: number) => {
    const states = lanes.filter((lane) => lane.topic === stream.topic && lane.partition === partition)
    return states.some(({ state }) => state === 'broken') ? 'broken' : (states[0]?.state ?? null)
  }
  return {
    name: stream.name,
    eventsPerSecond: streamRate(console, stream),
    partitions: partitions.map(({ partition, leader, inSync, end }) => ({
      ...{ partition, leader, inSync, endOffset: end, lane: laneOf(partition) },
    })),
  }
}

function subscriptionState(console: Console, subscription: Subscription, instances: readonly InstanceReport[] | null) {
  const reports = reportsOn(subscription, instances)
  const pairs = reports.flatMap((report) => report.pairs)
  const owners = console.monitor.last()?.subscriptions.get(subscription.uid)?.owners
  const lag = lagOf(console, subscription)
  return {
    name: subscription.name,
    phase: phaseOf(console, subscription, reports).phase,
    eventsPerSecond: subscriptionRate(console, subscription),
    lagEvents: lag.events,
    lagSeconds: lag.seconds,
    partitions: partitionLags(console, subscription).map(({ partition, committed, end }) => {
      const pair = pairs.find((one) => one.partition === partition)
      const owner = ownerOf(owners?.get(partition), instances)
      return { partition, owner, committed, end, inFlight: pair?.inFlight ?? 0, blockedKeys: pair?.blockedKeys ?? 0 }
    }),
    targets: targetsOf(console, subscription, reports),
  }
}

/** A clientId carries the id of its instance; without Redis it has to do by itself. */
function ownerOf(clientId: string | undefined, instances: readonly InstanceReport[] | null): string | null {
  if (clientId === undefined) return null
  const known = (instances ?? []).map(({ id }) => id).filter((id) => clientId.includes(id))
  return known.sort((a, b) => b.length - a.length)[0] ?? clientId
}

function jobsUnderWay(console: Console) {
  const jobs = jobsOf(console).map((job): JobAnswer => jobAnswerOf(job, console.catalog.jobState(job.id)))
  const isUnderWay = ({ state }: JobAnswer) => state === 'queued' || state === 'running'
  return jobs.filter(isUnderWay).map(({ id, kind, state, matched, done }) => ({ id, kind, state, matched, done }))
}
