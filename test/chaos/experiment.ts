/*
 * One run: a stream, its subscriptions with a receiver each, an open-loop load, faults, and at the end the verdicts.
 *
 * Everything that happens is in the history in `folder`; the folder is deleted when all verdicts hold and kept for
 * reading when one does not.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kcatMissing } from '../support/kcat.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { type Facts, gatherFacts, type Scope } from './check/facts.ts'
import { explain, type Judgement, judge } from './check/judge.ts'
import { type HistoryLine, type HistoryWriter, monotonicNs, openHistory, readHistory } from './history.ts'
import { type Publisher, type Receiver, startPublisher, startReceiver } from './load/children.ts'
import type { OutgoingEvent } from './load/event.ts'
import { publishInOrder } from './load/in-order.ts'
import type { PublisherProgress } from './load/until-known.ts'
import { tapDeadLetters, tapLog } from './tap.ts'

export type Load = { ratePerSecond: number; seconds: number; keys: number }

export type Course = { scope: Scope; receiver: Receiver }

export type Outcome = {
  facts: Facts
  published: PublisherProgress
  judgements: readonly { scope: Scope; judgement: Judgement }[]
  /** Empty when every invariant holds and no publish request failed, else what is wrong and where the history lies. */
  complaint: string
  /** Where the history was, or still is. */
  folder: string
}

export type Experiment = {
  run: string
  stream: string
  topic: string
  courses: readonly Course[]
  publish(load: Load): Pick<Publisher, 'finished' | 'progress'>
  /** Events of one's own instead of a load. */
  publishEvents(events: readonly OutgoingEvent[]): Promise<PublisherProgress>
  /** A receiver without a subscription, for deliveries that are not the product's. */
  addReceiver(subscription: string): Promise<Receiver>
  /** Writes a fault into the history. */
  mark(fault: string, victim: string): void
  /** Waits for the load's end and for everything to be delivered, then judges. */
  conclude(published: Promise<PublisherProgress>, limits: Limits): Promise<Outcome>
  /** Ends receivers, deletes subscriptions and stream. */
  close(): Promise<void>
}

type Setup = { subscriptions?: readonly object[]; publishUrl?: string }

/** `quietMs`: how long no request may arrive before a run counts as over though events are missing. */
export type Limits = { allowedDuplicates: number; quietMs?: number }

const drainCeilingMs = 300_000

/** Creates stream, receivers and subscriptions; `subscriptions` holds members beside stream and target, one object each. */
export async function openExperiment(stack: Stack, setup: Setup = {}): Promise<Experiment> {
  const { subscriptions = [{}], publishUrl = stack.publishUrl } = setup
  const run = `r${randomBytes(4).toString('hex')}`
  const folder = await mkdtemp(join(tmpdir(), `tailrace-history-${run}-`))
  const names = { run, stream: run }
  const { topic } = await stack.api.putStream(names.stream)
  const courses = await Promise.all(
    subscriptions.map((members, index) =>
      openCourse(stack, { ...names, folder, subscription: `${run}-${index}`, members }),
    ),
  )
  const file = (actor: string) => join(folder, `${actor}.jsonl`)
  const marks = openHistory(file('driver'))
  const door = { url: publishUrl, apiKey: stack.adminKey, timeoutMs: 15_000 }
  const publisher = { ...names, ...door, publisher: 'p1', history: file('p1') }
  const subscribed = courses.map(({ scope }) => scope.subscription)
  return {
    ...names,
    topic,
    courses,
    addReceiver: async (subscription) => {
      const receiver = await startReceiver({ run, actor: subscription, history: file(subscription) })
      courses.push({ scope: { subscription, stream: names.stream }, receiver })
      return receiver
    },
    publish: (load) => startPublisher({ ...publisher, ...load, fillBytes: 300, patienceMs: 60_000 }),
    publishEvents: (events) => publishInOrder(publisher, events),
    mark: (fault, victim) => marks.append({ op: 'fault', run, actor: 'driver', ns: monotonicNs(), fault, victim }),
    conclude: async (publishing, { allowedDuplicates, quietMs = 20_000 }) => {
      const published = await publishing
      await Promise.all(courses.map(({ receiver }) => drained(receiver, published.acknowledged, quietMs)))
      await Promise.all(courses.map(({ receiver }) => receiver.stop()))
      await tapInto(marks, { brokers: stack.brokers, run, topic })
      await marks.close()
      const actors = ['driver', 'p1', ...courses.map(({ scope }) => scope.subscription)]
      const facts = await gatherFacts(readHistory(actors.map(file)))
      const judgements = courses.map(({ scope }) => ({ scope, judgement: judge(facts, scope, allowedDuplicates) }))
      return { facts, published, judgements, complaint: await complaintOf({ judgements, published, folder }), folder }
    },
    close: async () => {
      await Promise.all(courses.map(({ receiver }) => receiver.stop()))
      for (const subscription of subscribed) await stack.api.deleteSubscription(subscription)
      await stack.api.deleteStream(names.stream)
    },
  }
}

type CourseOptions = { run: string; stream: string; folder: string; subscription: string; members: object }

async function openCourse(
  { api }: Stack,
  { run, stream, folder, subscription, members }: CourseOptions,
): Promise<Course> {
  const history = join(folder, `${subscription}.jsonl`)
  const receiver = await startReceiver({ run, actor: subscription, history })
  const targets = [{ url: `${receiver.url}/` }]
  const created = await api.putSubscription(subscription, { ...members, stream, destination: { targets } })
  if (created.signingSecret === undefined) throw new Error(`${subscription} was created without a signing secret`)
  receiver.useSecret(created.signingSecret)
  await until(`${subscription} is active`, async () => (await api.subscription(subscription)).status.phase === 'active')
  return { scope: { subscription, stream }, receiver }
}

/** All acknowledged events have arrived, or nothing has come for so long that nothing more will. */
async function drained(receiver: Receiver, acknowledged: number, quietMs: number): Promise<void> {
  const sinceLastMs = () => (monotonicNs() - receiver.progress().lastNs) / 1e6
  const fact = () => (receiver.progress().distinct >= acknowledged ? sinceLastMs() > 1000 : sinceLastMs() > quietMs)
  await until('the receiver has everything', fact, drainCeilingMs)
}

async function tapInto(history: HistoryWriter, options: Parameters<typeof tapLog>[0]): Promise<void> {
  if (kcatMissing !== false) {
    process.stderr.write(`The log is not read: ${kcatMissing}\n`)
    return
  }
  const append = async (lines: AsyncIterable<HistoryLine>) => {
    for await (const line of lines) history.append(line)
  }
  await append(tapLog(options))
  await append(tapDeadLetters({ ...options, topic: 'tailrace.dead-letters' }))
}

type Result = Pick<Outcome, 'judgements' | 'published' | 'folder'>

async function complaintOf({ judgements, published, folder }: Result): Promise<string> {
  const complaints = judgements
    .filter(({ judgement }) => !judgement.holds)
    .map(({ scope, judgement }) => `${scope.subscription}: ${explain(judgement)}`)
  const { failedRequests, abandoned } = published
  if (failedRequests > 0)
    complaints.push(`${failedRequests} publish requests failed, ${abandoned} events were given up`)
  if (complaints.length > 0) complaints.push(`The history is in ${folder}`)
  else await rm(folder, { recursive: true })
  return complaints.join('\n')
}
