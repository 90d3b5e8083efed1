import { parentPort, workerData } from 'node:worker_threads'
import { openAdmin } from '#shared/kafka/admin.ts'
import { createThreadLogger } from '#shared/observability/log.ts'
import type { FromWriter, ToWriter, WriterData } from './messages.ts'
import { removeFiles } from './open-database.ts'
import type { IndexStore } from './store.ts'
import { createWaker, sleepUntilWoken } from './waker.ts'
import type { IndexedStream } from './write-events.ts'
import { writeIndex } from './writer.ts'
import { takeWriterLock, type WriterLock } from './writer-lock.ts'

/*
 * A thread of its own, with its own connections to Kafka: neither decoding the log nor a commit of SQLite ever holds up a
 * request of the console.
 */
const data = workerData as WriterData
const tell = (message: FromWriter) => parentPort?.postMessage(message)
const log = createThreadLogger(data.logLevel, (line) => tell({ kind: 'log', line }))
const waker = createWaker()
let streams: readonly IndexedStream[] | undefined
let store: IndexStore | null = null
const stopping = new AbortController()
let isClosed = false

const lockEveryMs = 1_000

parentPort?.on('message', (message: ToWriter) => {
  if (message.kind === 'streams') streams = message.streams
  else if (message.kind === 'close') close()
  else if (message.kind === 'rebuild') rebuild()
  else if (message.kind === 'gauges') note(message)
  if (message.kind === 'close' || message.kind === 'hurry') waker.wake()
})

function close(): void {
  isClosed = true
  stopping.abort()
}

/** The writer sees that its file is gone and makes another one. */
function rebuild(): void {
  if (store !== null) removeFiles(data.path)
  log.warn('the search index is damaged')
}

/** What the console observes; where nothing is written, somebody else observes the same. */
function note({ atMs, values }: Extract<ToWriter, { kind: 'gauges' }>): void {
  try {
    store?.noteGauges(atMs, values)
  } catch (error) {
    log.debug({ err: error }, 'an observation was not written')
  }
}

async function run(): Promise<void> {
  const lock = await untilLocked()
  if (lock === null) return
  tell({ kind: 'role', role: 'writing' })
  const connection = { brokers: data.brokers, clientId: data.clientId, log }
  try {
    const admin = await openAdmin(connection, stopping.signal)
    const goesOn = () => !isClosed
    const onStore = (open: IndexStore | null) => {
      store = open
    }
    await writeIndex({ data, admin, waker, log, streams: () => streams ?? [], onStore, goesOn })
    await admin.close()
  } finally {
    lock.release()
  }
}

/** Null when it was closed before. The catalog comes first: without it no stream would be known. */
async function untilLocked(): Promise<WriterLock | null> {
  while (!isClosed) {
    const lock = streams === undefined ? null : takeWriterLock(`${data.path}.lock`)
    if (lock !== null) return lock
    if (streams !== undefined) tell({ kind: 'role', role: 'serving' })
    await sleepUntilWoken(waker, streams === undefined ? 50 : lockEveryMs)
  }
  return null
}

await run()
parentPort?.close()
