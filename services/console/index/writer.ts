import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Log } from '#shared/observability/log.ts'
import { followRound } from './follow.ts'
import type { WriterData } from './messages.ts'
import { isDamage, type OpenDatabase, openForWriting, removeFiles } from './open-database.ts'
import { createRetention } from './retention.ts'
import { type Followed, type IndexStore, openStore } from './store.ts'
import { sleepUntilWoken, type Waker } from './waker.ts'
import type { IndexedStream } from './write-events.ts'

type Options = {
  data: Pick<WriterData, 'path' | 'installation' | 'topics' | 'retentionMs' | 'mostBytes'>
  admin: Pick<KafkaAdmin, 'offsets' | 'read' | 'describeTopic'>
  waker: Waker
  log: Log
  streams(): readonly IndexedStream[]
  /** Called with the store of each file that is opened, null when it is closed. */
  onStore(store: IndexStore | null): void
  goesOn(): boolean
}

/** A look at the log at rest; as long as the round before took, if that was longer. */
const restMs = 400
/** What a round gives to retention, at least; else half of its time, so that what comes in can also go. */
const sliceMs = 50

/**
 * Follows the log into the index until `goesOn` says no. States: opened → rounds, one after the other → closed when the
 * file was removed, replaced or damaged: opened again, made anew where it has to be. Nothing but this file is at stake, so
 * whatever goes wrong with it ends there.
 */
export async function writeIndex(options: Options): Promise<void> {
  while (options.goesOn()) {
    let file: (OpenDatabase & { isNew: boolean }) | undefined
    try {
      file = openForWriting(options.data)
      if (file.isNew) options.log.info('the search index is built from the log')
      await rounds(file, options)
    } catch (error) {
      options.log.warn({ err: error }, 'the search index is opened again')
      if (isDamage(error)) removeFiles(options.data.path)
      await sleepUntilWoken(options.waker, restMs)
    } finally {
      options.onStore(null)
      file?.close()
    }
  }
}

async function rounds({ db, isSameFile }: OpenDatabase, options: Options): Promise<void> {
  const { admin, data, log, waker, streams, onStore, goesOn } = options
  const streamOf = (topic: string) => streams().find((one) => one.topic === topic) ?? namedBy(topic, data.topics)
  const store = openStore(db, streamOf)
  const retention = createRetention(db, data)
  onStore(store)
  while (goesOn() && isSameFile()) {
    const [atMs, startedMs] = [Date.now(), performance.now()]
    const known = streams()
    for (const stream of known) store.noteStream(stream)
    const isWhole = await followRound(followed(data.topics, known), {
      ...{ admin, store, oldestMs: retention.oldestMs(atMs) },
      goesOn: () => goesOn() && isSameFile(),
      onTrouble: (topic, error) => log.debug({ err: error, topic }, 'a topic cannot be read for the search index now'),
    })
    if (isWhole && isSameFile()) store.noteComplete(atMs)
    const untilMs = performance.now() + Math.max(sliceMs, (performance.now() - startedMs) / 2)
    while (performance.now() < untilMs && goesOn() && retention.step(Date.now()));
    await sleepUntilWoken(waker, Math.max(restMs, performance.now() - startedMs))
  }
}

function followed(topics: WriterData['topics'], streams: readonly IndexedStream[]): Followed[] {
  return [
    { kind: 'attempts', topic: topics.attempts },
    { kind: 'dead-letters', topic: topics.deadLetters },
    { kind: 'audit', topic: topics.audit },
    ...streams.map((stream): Followed => ({ kind: 'stream', topic: stream.topic, stream })),
  ]
}

/** Of a stream that is gone, the name in its topic. */
const namedBy = (topic: string, { eventsPrefix }: WriterData['topics']) => ({
  name: topic.startsWith(eventsPrefix) ? topic.slice(eventsPrefix.length) : topic,
  defaultType: null,
})
