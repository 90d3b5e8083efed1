import type { Catalog } from '#shared/catalog/catalog.ts'
import { deliveringNow } from './answer.ts'
import { notOurs } from './cursor.ts'
import type { UnderWay } from './live-state.ts'

type Options = {
  underWay: readonly UnderWay[]
  catalog: Pick<Catalog, 'subscriptionByUid'>
  /** Of which subscription; null: of all. */
  uid: string | null
  cursor: string | null
  limit: number
}

/** What was under way a moment ago, by subscription and partition, the newest events first. */
export function listUnderWay({ underWay, catalog, uid, cursor, limit }: Options) {
  const after = cursor === null ? null : readCursor(cursor)
  const rest = underWay
    .filter((one) => (uid === null || uid === one.uid) && (after === null || compare(one, after) > 0))
    .sort(compare)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const items = page.flatMap((one) => {
    const subscription = catalog.subscriptionByUid(one.uid)
    if (subscription === undefined) return []
    const { name, stream } = subscription
    return [deliveringNow({ subscription: name, uid: one.uid, stream, partition: one.partition }, one)]
  })
  return { items, next: last === undefined || page.length === rest.length ? null : cursorOf(last) }
}

type Place = Pick<UnderWay, 'uid' | 'partition' | 'offset'>

function compare(a: Place, b: Place): number {
  if (a.uid !== b.uid) return a.uid < b.uid ? -1 : 1
  return a.partition - b.partition || b.offset - a.offset
}

const cursorOf = ({ uid, partition, offset }: Place) =>
  Buffer.from([uid, partition, offset].join(' ')).toString('base64url')

function readCursor(cursor: string): Place {
  const [uid, ...numbers] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const [partition, offset] = numbers.map(Number)
  const isWhole = numbers.length === 2 && Number.isSafeInteger(partition) && Number.isSafeInteger(offset)
  if (isWhole && uid !== undefined && partition !== undefined && offset !== undefined) return { uid, partition, offset }
  throw notOurs()
}
