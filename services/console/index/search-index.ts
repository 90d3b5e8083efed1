import { Worker } from 'node:worker_threads'
import { TailraceError } from '#shared/errors.ts'
import type { Log } from '#shared/observability/log.ts'
import type { FromWriter, IndexRole, ToWriter, WriterData } from './messages.ts'
import type { QueryAnswer, QueryArgs, QueryName } from './queries/registry.ts'
import type { Question, Reply } from './reader-thread.ts'
import { keepThread } from './thread.ts'
import { until } from './until-complete.ts'
import type { IndexedStream } from './write-events.ts'

/**
 * The search index as the console uses it: two threads beside the event loop, one that follows the log, one that answers.
 * It is never the truth and may be missing; whatever asks has to live with `index-unavailable`.
 */
export type SearchIndex = {
  /** Rejects with `index-unavailable` while there is none. */
  ask<N extends QueryName>(name: N, args: QueryArgs<N>): Promise<QueryAnswer<N>>
  /** Waits until everything is known that is in the log now; false when that took longer than `timeoutMs`. */
  catchUp(timeoutMs: number): Promise<boolean>
  /** Whether this console writes it. */
  role(): IndexRole
  follow(streams: readonly IndexedStream[]): void
  /** Keeps the highest value of each series in a minute. */
  noteGauges(atMs: number, values: ReadonlyMap<string, number>): void
  close(): Promise<void>
}

type Options = { data: WriterData; log: Log }

const retryAfterMs = 1_000
const closePatienceMs = 5_000

export function openSearchIndex({ data, log }: Options): SearchIndex {
  let role: IndexRole = 'starting'
  let streams: readonly IndexedStream[] | undefined
  const open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()
  let lastId = 0

  const reader = keepThread({
    start: () => new Worker(new URL('./reader-thread.ts', import.meta.url), { workerData: data }),
    onMessage(reply: Reply) {
      const asker = open.get(reply.id)
      open.delete(reply.id)
      if ('failure' in reply) {
        asker?.reject(unavailable(reply.failure))
        if (reply.isDamage) tell({ kind: 'rebuild' })
      } else asker?.resolve(reply.answer)
    },
    onEnd(error) {
      log.error({ err: error }, 'the reader of the search index ended')
      for (const { reject } of open.values()) reject(unavailable('its reader ended'))
      open.clear()
    },
  })
  const writer = keepThread({
    start: () => new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: data }),
    onMessage(message: FromWriter) {
      if (message.kind === 'role') role = message.role
      else relog(log, message.line)
    },
    onStart() {
      if (streams !== undefined) tell({ kind: 'streams', streams: [...streams] })
    },
    onEnd(error) {
      role = 'starting'
      log.error({ err: error }, 'the writer of the search index ended')
    },
  })
  const tell = (message: ToWriter) => void writer.post(message)

  const ask = <N extends QueryName>(name: N, args: QueryArgs<N>) =>
    new Promise<QueryAnswer<N>>((resolve, reject) => {
      lastId += 1
      if (!reader.post({ id: lastId, name, args } satisfies Question))
        return reject(unavailable('its reader is not there'))
      open.set(lastId, { resolve: (answer) => resolve(answer as QueryAnswer<N>), reject })
    })
  return {
    ask,
    async catchUp(timeoutMs) {
      const askedMs = Date.now()
      tell({ kind: 'hurry' })
      const isComplete = async () => {
        const status = await ask('indexStatus', null).catch(() => null)
        return (status?.completeToMs ?? 0) >= askedMs
      }
      return await until(isComplete, timeoutMs)
    },
    role: () => role,
    follow(now) {
      streams = now
      tell({ kind: 'streams', streams: [...now] })
    },
    noteGauges: (atMs, values) => tell({ kind: 'gauges', atMs, values: new Map(values) }),
    async close() {
      tell({ kind: 'close' })
      await writer.close(closePatienceMs)
      await reader.close(0)
      for (const { reject } of open.values()) reject(unavailable('this console is stopping'))
    },
  }
}

const unavailable = (why: string) =>
  new TailraceError('index-unavailable', `The search index cannot be asked now: ${why}.`, { retryAfterMs })

/** A line of a thread becomes one of the process. */
function relog(log: Log, line: string): void {
  const { level, time: _time, msg, ...fields } = JSON.parse(line) as { level: number; time: number; msg: string }
  const name = level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug'
  log[name](fields, msg)
}
