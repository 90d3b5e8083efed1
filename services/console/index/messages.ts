import type { IndexedStream } from './write-events.ts'

/** What the writer thread is started with. */
export type WriterData = {
  path: string
  /** Start of all names of topics. */
  installation: string
  brokers: string[]
  clientId: string
  topics: { attempts: string; deadLetters: string; audit: string; eventsPrefix: string }
  retentionMs: number
  mostBytes: number
  logLevel: string
}

export type ToWriter =
  | { kind: 'streams'; streams: IndexedStream[] }
  /** Somebody waits for the end of the log: the next round begins at once. */
  | { kind: 'hurry' }
  /** A reader found it damaged. */
  | { kind: 'rebuild' }
  | { kind: 'gauges'; atMs: number; values: Map<string, number> }
  | { kind: 'close' }

/** `line`: of the log, as pino made it. */
export type FromWriter = { kind: 'log'; line: string } | { kind: 'role'; role: IndexRole }

/** A console that does not write has an index all the same: the one that another console in its folder writes. */
export type IndexRole = 'starting' | 'writing' | 'serving'
