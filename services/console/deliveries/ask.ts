import type { Subscription } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from '../context.ts'
import { requireStream } from '../streams.ts'
import { requireSubscription } from '../subscriptions.ts'
import { type Cursor, cursorOf, notOurs, readCursor } from './cursor.ts'
import { listFiltered } from './filtered.ts'
import { listIndexed } from './indexed.ts'
import { type DeliveryFilter, listDeliveries } from './list.ts'
import { readStateNames, type StateNames } from './live-state.ts'
import type { Question } from './question.ts'
import { lookAgain } from './skipped.ts'
import type { StreamQuestion } from './stream-walk.ts'
import { listUnderWay } from './under-way.ts'
import { listWaiting, waitingStates } from './waiting.ts'

type Page = Awaited<ReturnType<typeof listDeliveries>>

/**
 * A list of deliveries. Most states stand in the attempts log; what is under way stands in the reports of the instances, and
 * what was filtered out or waits for its first turn nowhere: that is found in the stream of its subscription.
 */
export async function askForDeliveries(console: Console, question: Question): Promise<Page> {
  const { name, filter } = question
  const subscription = name === undefined ? null : (console.catalog.subscription(name) ?? null)
  // Of one that was deleted only the log tells.
  if (name !== undefined && subscription === null) return await deleted(console, question, name)
  if (filter.state === 'delivering') return await delivering(console, question, subscription)
  if (filter.state === 'filtered') return await filtered(console, question, subscription)
  const names = await readStateNames(console)
  if (subscription !== null && waitingStates.includes(filter.state ?? '')) {
    return await waiting(console, question, { subscription, names })
  }
  const uid = subscription?.uid ?? null
  return (
    (await listIndexed(console, question, { uid, names })) ??
    (await logged(console, question, { uid, name: null, names }))
  )
}

type Whose = Pick<DeliveryFilter, 'uid' | 'name'> & { names: StateNames }

async function logged(
  console: Console,
  { filter, cursor, limit }: Question,
  { names, ...whose }: Whose,
): Promise<Page> {
  const { admin, topics } = console
  const after = readAfter(cursor, 'log')
  const options = { admin, topic: topics.attempts, names, filter: { ...filter, ...whose }, after, limit }
  const { items, next } = await listDeliveries(options)
  return { items: await lookAgain(console, items, { names, asked: filter.state }), next }
}

/** Those that were tried, then those that were not. */
async function waiting(
  console: Console,
  question: Question,
  { subscription, names }: { subscription: Subscription; names: StateNames },
): Promise<Page> {
  const { cursor, limit } = question
  const at = cursor === null ? null : readCursor(cursor)
  const none: Page = { items: [], next: null }
  const tried =
    at?.of === 'stream' ? none : await logged(console, question, { uid: subscription.uid, name: null, names })
  if (tried.next !== null) return tried
  const rest = limit - tried.items.length
  if (rest === 0) return { items: tried.items, next: cursorOf(streamEnd(), 'stream') }
  const after = at?.of === 'stream' ? at.after : null
  const untried = await listWaiting(inStream(console, { ...question, subscription, after, limit: rest }), names)
  return { items: [...tried.items, ...untried.items], next: untried.next }
}

/** Clocks of brokers may be ahead of ours. */
const streamEnd = () => ({ atMs: Date.now() + 60_000, partition: 0, offset: 0, index: 0 })

async function filtered(console: Console, question: Question, subscription: Subscription | null): Promise<Page> {
  if (subscription === null) {
    const detail = 'subscription is required here: which events are filtered out depends on it'
    throw wrongQuery({ query: 'subscription', code: 'missing', detail, fix: 'add subscription=…' })
  }
  const after = readAfter(question.cursor, 'stream')
  return await listFiltered(inStream(console, { ...question, subscription, after }))
}

/** As of the last second. */
async function delivering(
  console: Console,
  { filter, cursor, limit }: Question,
  subscription: Subscription | null,
): Promise<Page> {
  const { key, type, target, sinceMs, untilMs } = filter
  const asked = { key, type, target, since: sinceMs ?? undefined, until: untilMs ?? undefined }
  for (const [query, value] of Object.entries(asked)) {
    if (value === undefined) continue
    const detail = `${query} cannot be asked for here: of a delivery under way only its place is known`
    throw wrongQuery({ query, code: 'not-built', detail, fix: 'leave it out' })
  }
  const underWay = (await readStateNames(console)).underWay()
  return listUnderWay({ underWay, catalog: console.catalog, uid: subscription?.uid ?? null, cursor, limit })
}

/** Attempts outlive their subscription; a name of which the log says nothing at all is rather misspelt. */
async function deleted(console: Console, question: Question, name: string): Promise<Page> {
  const names = await readStateNames(console)
  const page = await logged(console, question, { uid: null, name, names })
  if (!isNothing(page)) return page
  const anything: Question = { ...question, filter: noFilter, cursor: null, limit: 1 }
  if (isNothing(await logged(console, anything, { uid: null, name, names }))) requireSubscription(console, name)
  return page
}

const noFilter: Question['filter'] = {
  ...{ state: undefined, key: undefined, type: undefined, target: undefined, sinceMs: null, untilMs: null },
}

const isNothing = ({ items, next }: Page): boolean => items.length === 0 && next === null

type InStream = Pick<Question, 'filter' | 'limit'> & Pick<StreamQuestion, 'after'> & { subscription: Subscription }

function inStream(console: Console, { subscription, filter, after, limit }: InStream): StreamQuestion {
  const { admin, topics } = console
  const stream = requireStream(console, subscription.stream)
  return { admin, subscription, stream, log: topics.attempts, filter, after, limit }
}

function readAfter(cursor: string | null, of: Cursor['of']): Cursor['after'] | null {
  const known = cursor === null ? null : readCursor(cursor)
  if (known !== null && known.of !== of) throw notOurs()
  return known?.after ?? null
}

type Fault = { query: string; code: string; detail: string; fix: string }

const wrongQuery = (fault: Fault) => new TailraceError('request-malformed', fault.detail, { errors: [fault] })
