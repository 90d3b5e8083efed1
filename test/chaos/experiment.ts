/*
 * One run: a stream, its subscriptions with a receiver each, an open-loop load, faults, and at the end the verdicts.
 *
 * Everything that happens is in the history in `folder`; the folder is deleted when all verdicts hold and kept for
 * reading when one does not.
 */
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { System } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { type Bookkeeper, openBooks } from './bookkeeper.ts'
import type { DuplicateLimit } from './check/duplicates.ts'
import { type Facts, gatherFacts, type Scope } from './check/facts.ts'
import { explain, type Judgement, judge, judgeRun } from './check/judge.ts'
import { type Course, type CourseSetup, openCourse } from './course.ts'
import {
  type HistoryLine,
  type HistoryWriter,
  monotonicNs,
  openHistory,
  type PublishLine,
  readHistory,
} from './history.ts'
import { type Publisher, type Receiver, startPublisher, startReceiver } from './load/children.ts'
import type { OutgoingEvent } from './load/event.ts'
import { publishInOrder } from './load/in-order.ts'
import { type PublisherProgress, sumOf } from './load/until-known.ts'
import { type Observation, observe } from './observation.ts'
import { readResumptions } from './resumptions.ts'
import { type RetryTap, tapRetries } from './retry-tap.ts'

export type { Course } from './course.ts'

export type Load = { ratePerSecond: number; seconds: number; keys: number }

export type Outcome = {
  facts: Facts
  published: PublisherProgress
  judgements: readonly { scope: Scope; judgement: Judgement }[]
  /** Of what concerns no single subscription. */
  ofRun: Judgement
  /** Empty when every invariant holds and no publish request failed that had not to, else what is wrong and where the history lies. */
  complaint: string
  /** What the faults of the run measured themselves. */
  figures: readonly string[]
  /** Where the history was, or still is. */
  folder: string
}

export type Experiment = {
  run: string
  stream: string
  topic: string
  courses: readonly Course[]
  publish(load: Load, as?: PublishAs): Pick<Publisher, 'finished' | 'progress' | 'end'>
  /** Events of one's own instead of a load. */
  publishEvents(events: readonly OutgoingEvent[]): Promise<PublisherProgress>
  /** One more publisher, whose events count like those of the others; it must be done when the run is concluded. */
  publishBeside(load: Load, as: PublishAs & { apiKey: string }): Pick<Publisher, 'finished' | 'progress'>
  /** One more subscription with a receiver of its own, judged like the others: of the whole run, so begin at `earliest`. */
  addCourse(setup: CourseSetup & { subscription: string }): Promise<Course>
  /** A receiver without a subscription, for deliveries that are not the product's; `fenceTopic` is read for its fences. */
  addReceiver(subscription: string, fenceTopic?: string): Promise<Receiver>
  /** Writes a fault into the history, as of now or of an earlier monotonic time. */
  mark(fault: string, victim: string, ns?: number): void
  /** Writes down that nothing holds back the victims of the last fault any more. */
  markUndone(): void
  /** Writes anything else into the history. */
  note(line: HistoryLine): void
  /** Says what a fault measured, and what is wrong with it, if anything. */
  tell(figure: string, complaint?: string): void
  /** Writes down that the system is whole again after the last fault. */
  markWhole(): void
  /** Whether the group of a subscription has committed an event now. */
  isCommitted: Observation['isCommitted']
  /** Waits for the load's end and for everything to be delivered, then judges. */
  conclude(published: Promise<PublisherProgress>, limits: Limits): Promise<Outcome>
  /** Ends receivers, deletes subscriptions and stream. */
  close(): Promise<void>
}

/** Two publishers of one run need different names, and keys of their own. */
export type PublishAs = { publisher: string; keyPrefix: string }

type Setup = { subscriptions?: readonly CourseSetup[]; publishUrl?: string }

/**
 * `quietMs`: how long no request may arrive before a run counts as over though events are missing; `drainMs`: how long it
 * may take after the load until everything is delivered, default 5 min. `mayFailRequests`: the
 * faults leave nobody to answer, always or for this request; each event must be stored in the end all the same.
 */
export type Limits = {
  allowedDuplicates: number | DuplicateBound
  quietMs?: number
  drainMs?: number
  mayFailRequests?: boolean | Excuse
}

/** How many deliveries of a subscription may be repeated, by what happened in the run. */
export type DuplicateBound = (facts: Facts, scope: Scope) => DuplicateLimit

/** Whether a request that was not acknowledged had nobody to answer it. */
export type Excuse = (facts: Facts, request: PublishLine) => boolean

const usualDrainMs = 300_000
/** A repeated delivery may still come. */
const settledAfterMs = 1_000

/** Creates stream, receivers and subscriptions. */
export async function openExperiment(stack: System, setup: Setup = {}): Promise<Experiment> {
  const { subscriptions = [{}], publishUrl = stack.publishUrl } = setup
  const run = `r${randomBytes(4).toString('hex')}`
  const folder = await mkdtemp(join(tmpdir(), `tailrace-history-${run}-`))
  const stream = run
  const { topic } = await stack.api.putStream(stream)
  const file = (actor: string) => join(folder, `${actor}.jsonl`)
  const history = openHistory(file('driver'))
  const observation = await observe({ brokers: stack.brokers, run, topic }, history)
  const opening = subscriptions.map(async (course, index) => {
    const names = { run, stream, topic, folder, subscription: `${run}-${index}` }
    const opened = await openCourse(stack, { ...names, ...course, history })
    observation.add(opened.subscribed)
    return opened
  })
  const courses: Course[] = await Promise.all(opening)
  const door = { url: publishUrl, apiKey: stack.adminKey, timeoutMs: 15_000 }
  const publishers = new Set<string>()
  const named = (publisher: string) => {
    publishers.add(publisher)
    return { run, stream, ...door, publisher, history: file(publisher) }
  }
  const taps: RetryTap[] = []
  const bookkeeper = await openBooks(stack, { run, courses }, history.append)
  const told: Told = { figures: [], complaints: [] }
  const beside: Publisher[] = []
  const { logs } = stack
  const common = { run, stream, folder, logs, history, observation, bookkeeper, courses, publishers, taps }
  const running: Running = { ...common, told, beside }
  let closing: Promise<void> | undefined
  return {
    ...{ run, stream, topic, courses },
    addReceiver: async (subscription, fenceTopic) => {
      const { brokers } = stack
      if (fenceTopic !== undefined)
        taps.push(tapRetries({ brokers, run, subscription, topic: fenceTopic }, history.append))
      const receiver = await startReceiver({ run, actor: subscription, history: file(subscription) })
      courses.push({ scope: { subscription, stream }, receiver })
      return receiver
    },
    publish: (load, { publisher, keyPrefix } = { publisher: 'p1', keyPrefix: 'k' }) =>
      startPublisher({ ...named(publisher), ...load, keyPrefix, fillBytes: 300, patienceMs: 60_000 }),
    publishBeside: (load, { apiKey, publisher, keyPrefix }) => {
      const started = startPublisher({ ...named(publisher), ...load, keyPrefix, apiKey, fillBytes: 300, patienceMs: 0 })
      beside.push(started)
      return started
    },
    addCourse: async ({ subscription, ...course }) => {
      const opened = await openCourse(stack, { run, stream, topic, folder, subscription, ...course, history })
      observation.add(opened.subscribed)
      courses.push(opened)
      return opened
    },
    publishEvents: (events) => publishInOrder(named('p1'), events),
    mark: (fault, victim, ns = monotonicNs()) =>
      history.append({ op: 'fault', run, actor: 'driver', ns, fault, victim }),
    markUndone: () => history.append({ op: 'undone', run, actor: 'driver', ns: monotonicNs() }),
    note: history.append,
    tell: (figure, complaint = '') => {
      told.figures.push(figure)
      if (complaint !== '') told.complaints.push(complaint)
    },
    markWhole: () => history.append({ op: 'whole', run, actor: 'driver', ns: monotonicNs() }),
    isCommitted: observation.isCommitted,
    conclude: async (published, limits) => conclude(running, await published, limits),
    close: () => {
      closing ??= close(stack, running)
      return closing
    },
  }
}

type Running = Pick<Experiment, 'run' | 'stream' | 'courses'> & {
  folder: string
  logs: System['logs']
  history: HistoryWriter
  observation: Observation
  bookkeeper: Bookkeeper
  publishers: ReadonlySet<string>
  /** Of what is not the product's. */
  taps: readonly RetryTap[]
  told: Told
  beside: readonly Publisher[]
}

type Told = { figures: string[]; complaints: string[] }

async function conclude(running: Running, usual: PublisherProgress, limits: Limits): Promise<Outcome> {
  const { run, folder, history, observation, bookkeeper, courses, told } = running
  const published = sumOf([usual, ...running.beside.map((publisher) => publisher.progress())])
  const { allowedDuplicates, quietMs = 20_000, drainMs = usualDrainMs, mayFailRequests = false } = limits
  await Promise.all(courses.map((course) => drained(course, { published, observation, quietMs, drainMs })))
  await observation.stop()
  await bookkeeper.close(courses)
  for (const tap of running.taps) tap.stop()
  await Promise.all(courses.map(({ receiver }) => receiver.stop()))
  await observation.readTopics()
  const logFolder = await running.logs?.()
  if (logFolder !== undefined) for await (const line of readResumptions(logFolder, run)) history.append(line)
  await history.close()
  const actors = [...running.publishers, 'driver', ...courses.map(({ scope }) => scope.subscription)]
  const facts = await gatherFacts(readHistory(actors.map((actor) => join(folder, `${actor}.jsonl`))))
  const allowed = typeof allowedDuplicates === 'number' ? () => allowedDuplicates : allowedDuplicates
  const judgements = courses.map(({ scope }) => ({ scope, judgement: judge(facts, scope, allowed(facts, scope)) }))
  const ofRun = judgeRun(
    facts,
    judgements.map(({ judgement }) => judgement),
  )
  const complaint = await complaintOf({
    ...{ facts, judgements, ofRun, published, folder, logFolder, mayFailRequests, told },
  })
  return { facts, published, judgements, ofRun, complaint, folder, figures: told.figures }
}

async function close({ api }: System, { stream, observation, courses, taps }: Running): Promise<void> {
  await observation.stop()
  for (const tap of taps) tap.stop()
  await Promise.all(courses.map(({ receiver }) => receiver.stop()))
  const subscribed = courses.flatMap((course) => course.subscribed ?? [])
  await Promise.all(subscribed.map(({ subscription }) => api.deleteSubscription(subscription)))
  await api.deleteStream(stream)
}

type Draining = { published: PublisherProgress; observation: Observation; quietMs: number; drainMs: number }

/**
 * All acknowledged events have arrived, or the service says that it has finished everything, or nothing has come for so
 * long that nothing more will.
 */
async function drained(course: Course, { published, observation, quietMs, drainMs }: Draining): Promise<void> {
  const { receiver, subscribed } = course
  const startNs = monotonicNs()
  // Of those that were given up some may be stored, and count as one that is missing.
  const isAllKnown = published.abandoned === 0
  const fact = async () => {
    const quietForMs = (monotonicNs() - Math.max(startNs, receiver.progress().lastNs)) / 1e6
    if (quietForMs > quietMs) return true
    if (quietForMs < settledAfterMs) return false
    if (isAllKnown && receiver.progress().distinct >= published.acknowledged) return true
    return subscribed !== undefined && (await observation.isSettled(subscribed))
  }
  await until('the receiver has everything', fact, drainMs)
}

type Result = Omit<Outcome, 'complaint' | 'figures'> &
  Pick<Running, 'told'> & { logFolder: string | undefined; mayFailRequests: boolean | Excuse }

async function complaintOf(result: Result): Promise<string> {
  const { facts, judgements, ofRun, published, folder, logFolder, mayFailRequests, told } = result
  const complaints = judgements
    .filter(({ judgement }) => !judgement.holds)
    .map(({ scope, judgement }) => `${scope.subscription}: ${explain(judgement)}`)
  if (!ofRun.holds) complaints.push(explain(ofRun))
  const failedRequests = unexcused(facts, mayFailRequests)
  const { abandoned } = published
  complaints.push(...told.complaints)
  if (abandoned > 0) complaints.push(`${abandoned} events were given up by their publisher`)
  if (failedRequests > 0) complaints.push(`${failedRequests} publish requests failed`)
  if (complaints.length === 0) await rm(folder, { recursive: true })
  else {
    if (logFolder !== undefined) await cp(logFolder, join(folder, 'log'), { recursive: true })
    complaints.push(`The history is in ${folder}`)
  }
  return complaints.join('\n')
}

function unexcused(facts: Facts, mayFail: boolean | Excuse): number {
  const isExcused = typeof mayFail === 'boolean' ? () => mayFail : mayFail
  return facts.requests.filter((one) => one.outcome !== 'acknowledged' && !isExcused(facts, one)).length
}
