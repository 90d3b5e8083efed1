import type { RunFolder } from '../folders.ts'
import type { LogFiles } from './log-files.ts'
import type { Ports } from './ports.ts'
import type { ProcessTable } from './processes.ts'

/** What every part of one run shares. */
export type Run = {
  folder: RunFolder
  ports: Ports
  logs: LogFiles
  processes: ProcessTable
  /** Tells the user about something that happened by itself: a death, a restart. */
  tell(text: string): void
  /** Aborts when the run is to end: a start-up gives up then. */
  signal: AbortSignal
}
