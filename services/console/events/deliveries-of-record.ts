import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { isSettled, type LoggedRange } from '#shared/delivery/log/entries.ts'
import { positionOf, type StoredRecord } from '#shared/event/record.ts'
import type { Console } from '../context.ts'
import { bareDelivery, deliveryOf, passedOverDelivery } from '../deliveries/answer.ts'
import { findDelivery } from '../deliveries/find.ts'
import type { StateNames } from '../deliveries/live-state.ts'
import { rangeThatCounts } from '../deliveries/trace.ts'
import type { Told } from '../index/queries/deliveries.ts'
import type { Record } from './find-records.ts'
import type { Scene } from './scene.ts'
import { finishedOf, silentDelivery } from './silent.ts'
import { readStored } from './stored.ts'
import { waitingDelivery, waitingNow } from './waiting.ts'

type Options = { console: Console; record: Record; names: StateNames }

/** What is written about an event is in the index so long after it happened, at the latest. */
const patienceMs = 2_000
/** Questions to Kafka that are open at a time. */
const atOnce = 8

type Owner = { uid: string; subscription: string; stream: string }
type Item = ReturnType<typeof deliveryOf>

/** The delivery of a record for each subscription of its stream, and for each that is gone and has left a word about it. */
export async function deliveriesOfRecord({ console, record, names }: Options): Promise<Item[]> {
  const { catalog, index } = console
  const { stream: name, partition, offset, key, type } = record
  const stream = catalog.stream(name)
  const living = catalog.subscriptions().filter((subscription) => subscription.stream === name)
  const at = { stream: name, partition, offset }
  const told = await index.ask('toldAbout', at).catch(() => null)
  // Without an index the log itself is searched, which takes longer.
  if (told === null) return await Promise.all(living.map((one) => searchLog(console, one, at)))
  let stored: Promise<StoredRecord | null> | undefined
  const read = () => {
    stored ??= stream === undefined ? Promise.resolve(null) : readStored(console, stream, at)
    return stored
  }
  const sceneOf = (of: Stream): Scene => ({ console, stream: of, at: { ...at, key, type }, record: read, names })
  const show = async (owner: Owner, words: Told) => {
    const subscription = catalog.subscriptionByUid(owner.uid)
    const scene = stream === undefined ? null : sceneOf(stream)
    return await itemOf(owner, { told: words, subscription, scene, at, names })
  }
  const owners = ownersOf(living, told)
  const items = await mapSome(owners, (owner) => show(owner, told))
  if (!items.some(({ state }) => state === 'unknown')) return items
  // Perhaps it was told a moment ago.
  await index.catchUp(patienceMs)
  const again = await index.ask('toldAbout', at).catch(() => told)
  return await mapSome(owners, (owner) => show(owner, again))
}

function ownersOf(living: readonly Subscription[], told: Told): Owner[] {
  const own = living.map(({ uid, name, stream }): Owner => ({ uid, subscription: name, stream }))
  const gone = [...told.rows, ...told.ranges, ...told.letters].filter(({ uid }) => !own.some((one) => one.uid === uid))
  return [...own, ...new Map(gone.map((one) => [one.uid, one])).values()]
}

type Judged = {
  told: Told
  /** Undefined: it was deleted. */
  subscription: Subscription | undefined
  /** Null: the stream was deleted. */
  scene: Scene | null
  at: Scene['at'] | { stream: string; partition: number; offset: number }
  names: StateNames
}

async function itemOf(owner: Owner, { told, subscription, scene, at, names }: Judged): Promise<Item> {
  const { partition, offset } = at
  const own = { subscription: owner.subscription, uid: owner.uid, stream: owner.stream, partition }
  const row = told.rows.find(({ uid }) => uid === owner.uid)
  const letter = told.letters.find(({ uid }) => uid === owner.uid)
  const range = rangeThatCounts(row, newestOf(told.ranges.filter(({ uid }) => uid === owner.uid)))
  if (range?.state === 'skipped' && subscription !== undefined && scene !== null) {
    // An operator may have gone back behind it.
    const finished = await finishedOf(scene.console, subscription, scene.stream)
    if (!finished.has(partition, offset)) return await waitingDelivery(scene, subscription, finished)
  }
  if (range !== null) return passedOverDelivery(own, offset, range)
  if (letter !== undefined && (row === undefined || row.state === 'dead-lettered')) return ofLetter(own, letter, row)
  if (row !== undefined) {
    const item = deliveryOf(own, row, names)
    if (isSettled(row.state) || scene === null || subscription === undefined) return item
    return await waitingNow(item, scene, subscription)
  }
  if (subscription !== undefined && scene !== null) return await silentDelivery(scene, subscription)
  return bareDelivery(own, offset, { state: 'unknown', because: 'its stream was deleted' })
}

type Own = { subscription: string; uid: string; stream: string; partition: number }

/** The attempts of a dead letter may be lost or expired, the letter is not. */
function ofLetter(
  own: Own,
  { letter, settled, settledMs }: Told['letters'][number],
  row: Told['rows'][number] | undefined,
): Item {
  const { source, detail, deadAtMs, attempts, firstAttemptAt }: DeadLetter = JSON.parse(letter)
  const state = settled === null ? 'dead-lettered' : settled === 'redriven' ? 'delivered' : 'discarded'
  const because =
    settled === null ? detail : settled === 'redriven' ? 'a redrive delivered it' : 'an operator discarded it'
  return {
    ...bareDelivery(own, source.offset, { state, because }),
    ...{ attempts: row?.attempts ?? attempts, firstAttemptAt },
    settledAt: new Date(settledMs ?? row?.atMs ?? deadAtMs).toISOString(),
  }
}

function newestOf(ranges: readonly LoggedRange[]): LoggedRange | null {
  return ranges.reduce<LoggedRange | null>((newest, one) => (one.atMs >= (newest?.atMs ?? 0) ? one : newest), null)
}

async function searchLog(
  console: Console,
  { name, uid, stream }: Subscription,
  { partition, offset }: Scene['at'] | Judged['at'],
) {
  const id = deliveryId(name, partition, offset)
  const found = await findDelivery(console, id).catch(() => null)
  if (found !== null) {
    const { attemptList: _, ...item } = found
    return item
  }
  const because = `nothing can be said about ${positionOf(stream, partition, offset)} while there is no index`
  return bareDelivery({ subscription: name, uid, stream, partition }, offset, { state: 'unknown', because })
}

async function mapSome<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))))
  }
  return results
}
