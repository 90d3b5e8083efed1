import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { namePattern } from '#shared/catalog/names.ts'
import { nearest } from '#shared/config.ts'
import { TailraceError } from '#shared/errors.ts'

type Source = Pick<Catalog, 'stream' | 'streams' | 'subscriptions' | 'onChange' | 'catchUp' | 'staleMs'>

/** The streams as a publisher needs them. */
export type Streams = {
  /** A known stream at once, an unknown one after reading the catalog to its end. Throws `stream-unknown`, `catalog-stale`. */
  find(name: string): Stream | Promise<Stream>
  /** Number of subscriptions of a stream. */
  subscriptionsOf(name: string): number
  close(): void
}

/** Longer than any outage of one broker: a catalog this old may lack a deletion or a revoked key. */
const staleAfterMs = 60_000
const catchUpMs = 300

export function followStreams(catalog: Source): Streams {
  let counts = countByStream(catalog)
  const stop = catalog.onChange(() => {
    counts = countByStream(catalog)
  })
  const findLater = async (name: string) => {
    const isCaughtUp = await catalog.catchUp(catchUpMs)
    const stream = catalog.stream(name)
    if (stream !== undefined) return stream
    throw isCaughtUp ? unknown(name, catalog) : stale('It is not known whether the stream exists.')
  }
  return {
    find(name) {
      if (!validName.test(name)) throw new TailraceError('request-malformed', `A stream name matches ${namePattern}.`)
      if (catalog.staleMs() > staleAfterMs) throw stale('The catalog was not read for more than a minute.')
      return catalog.stream(name) ?? findLater(name)
    },
    subscriptionsOf: (name) => counts.get(name) ?? 0,
    close: stop,
  }
}

const validName = new RegExp(namePattern)

function countByStream(catalog: Source): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { stream } of catalog.subscriptions()) counts.set(stream, (counts.get(stream) ?? 0) + 1)
  return counts
}

function unknown(name: string, catalog: Source): TailraceError {
  const names = catalog.streams().map((stream) => stream.name)
  const hint = names.length === 0 ? 'There is no stream yet.' : `The nearest is ${nearest(name, names)}.`
  return new TailraceError('stream-unknown', `There is no stream ${name}. ${hint} Create it: ${createCommand(name)}`)
}

const createCommand = (name: string) =>
  `curl -X PUT "$CONSOLE/v1/streams/${name}" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{}'`

const stale = (detail: string) => new TailraceError('catalog-stale', detail, { retryAfterMs: 1_000 })
