import { setTimeout as sleep } from 'node:timers/promises'
import { isOver, type Job } from '#shared/catalog/job-schema.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { secretsFault } from '#shared/catalog/secrets-fault.ts'
import { type Passage, passedByAll } from '#shared/event/filter/passed-by-all.ts'
import type { JobEnvironment } from './environment.ts'
import { JobRun } from './job-run.ts'
import type { Recipient } from './job-target.ts'
import { type Leadership, openLeadership } from './leadership.ts'
import { openReplayedRange } from './replayed-range.ts'
import { openSelectedLetters } from './selected-letters.ts'
import type { Opened } from './source.ts'

export type JobSet = {
  tick(nowMs: number): void
  /** Running ones are handed over. */
  stop(): Promise<void>
}

type SetOptions = {
  environment: JobEnvironment
  /** Name of the group that chooses who runs the jobs, and the topic with one partition that it is about. */
  group: string
  topic: string
}

/** Jobs at a time, each of another subscription; the others are queued. */
const mostAtOnce = 8
const catchUpMs = 1_000
const againAfterMs = 200

/**
 * The jobs of the installation, on the one instance that runs them: the oldest of each subscription. Whoever comes after it
 * goes on from what is in the log, and starts nothing before it has read what the one before wrote into the catalog.
 */
export function followJobs({ environment, group, topic }: SetOptions): JobSet {
  const { catalog, connection, sessionTimeoutMs, metrics, pulse, onBroken } = environment
  const running = new Map<string, JobRun>()
  let isStopped = false
  /** Counts the turns of this instance, and its losses. */
  let turn = 0
  let isInformed = false
  const onGained = async () => {
    turn += 1
    const mine = turn
    while (mine === turn && !isStopped && !(await catalog.catchUp(catchUpMs))) await sleep(againAfterMs)
    if (mine !== turn) return
    isInformed = true
    reconcile()
  }
  const onLost = () => {
    turn += 1
    isInformed = false
    const lost = [...running.values()]
    running.clear()
    for (const run of lost) run.abandon().catch(onBroken)
  }
  const leadership: Leadership = openLeadership({
    ...{ connection, groupId: group, topic, sessionTimeoutMs, metrics, pulse, onBroken, onLost },
    onGained: () => void onGained().catch(onBroken),
  })
  const start = (job: Job) => {
    const run: JobRun = new JobRun({
      ...{ environment, job, recipient: recipientOf(environment, job) },
      open: (goesOn) => openSource(environment, job, goesOn),
      mayWork: () => leadership.mayWork(performance.now()),
      onOver: () => {
        if (running.get(job.id) === run) running.delete(job.id)
        reconcile()
      },
    })
    running.set(job.id, run)
  }
  /** Another instance may have what is missing to read its secrets; until then it is queued. */
  const isReadable = ({ uid }: Job) => {
    const subscription = catalog.subscriptionByUid(uid ?? '')
    return subscription === undefined || secretsFault(catalog, subscription) === null
  }
  const reconcile = () => {
    if (isStopped) return
    const unfinished = unfinishedJobs(catalog)
    leadership.want(unfinished.length > 0 || running.size > 0)
    if (!leadership.isLeader() || !isInformed) return
    for (const job of turnsOf(unfinished)) {
      if (!running.has(job.id) && running.size < mostAtOnce && isReadable(job)) start(job)
    }
  }
  const unfollow = catalog.onChange(() => {
    reconcile()
    for (const run of running.values()) run.tick(performance.now())
  })
  let lookAtMs = 0
  reconcile()
  return {
    tick(nowMs) {
      for (const run of running.values()) run.tick(nowMs)
      if (nowMs < lookAtMs) return
      // That a job ended elsewhere is no change of the catalog.
      lookAtMs = nowMs + 1_000
      reconcile()
    },
    async stop() {
      isStopped = true
      unfollow()
      await Promise.all([...running.values()].map((run) => run.stop()))
      running.clear()
      await leadership.stop()
    },
  }
}

/** Those that are not over, oldest first; a cancelled one only when its end has still to be written. */
export function unfinishedJobs(catalog: Pick<JobEnvironment['catalog'], 'jobs' | 'jobState'>): Job[] {
  const isUnfinished = ({ id, cancelledAt }: Job) => {
    const state = catalog.jobState(id)
    return !isOver(state) && (cancelledAt === null || state !== undefined)
  }
  return catalog
    .jobs()
    .filter(isUnfinished)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The first of each subscription: those of one subscription come one after the other. */
function turnsOf(jobs: readonly Job[]): Job[] {
  const first = new Map<string, Job>()
  for (const job of jobs) if (!first.has(job.subscription)) first.set(job.subscription, job)
  return [...first.values()]
}

function recipientOf({ catalog }: JobEnvironment, { kind, uid }: Job): Recipient | null {
  if (kind === 'discard') return null
  const subscription = catalog.subscriptionByUid(uid ?? '')
  const stream = subscription === undefined ? undefined : catalog.stream(subscription.stream)
  return subscription === undefined || stream === undefined ? null : { subscription, stream }
}

async function openSource(environment: JobEnvironment, job: Job, goesOn: () => boolean): Promise<Opened> {
  const { admin, catalog, deadLetters } = environment
  const subscription = catalog.subscriptionByUid(job.uid ?? '')
  const ordering = subscription?.ordering ?? 'key'
  const stream = catalog.stream(subscription?.stream ?? '')
  const topic = stream?.topic ?? ''
  switch (job.kind) {
    case 'redrive':
    case 'discard':
      return {
        kind: 'open',
        source: await openSelectedLetters({ admin, topic: deadLetters.topic, job, ordering, goesOn }),
      }
    case 'replay': {
      const passage = passageOf(job, subscription, stream)
      if (passage.kind === 'unusable') {
        return { kind: 'impossible', error: `this version cannot use a filter of the replay: ${passage.detail}` }
      }
      const known = catalog.jobState(job.id)
      const { passes } = passage
      return { kind: 'open', source: await openReplayedRange({ admin, topic, job, ordering, known, passes }) }
    }
    default:
      return job.kind satisfies never
  }
}

/** What was asked for when it began: a filter that the subscription got since is for live events. */
function passageOf({ filter, subscriptionFilter }: Job, subscription?: Subscription, stream?: Stream): Passage {
  const definitions = [subscriptionFilter ?? subscription?.filter, filter].filter(
    (one) => one !== null && one !== undefined,
  )
  return passedByAll(definitions, { name: stream?.name ?? '', defaultType: stream?.defaultType ?? null })
}
