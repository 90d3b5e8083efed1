import { pino } from 'pino'

export type Log = pino.Logger

export type LogOptions = {
  /** pino level; `silent` for tests. */
  level: string
  /** Goes on every line. */
  instance: string
}

/** Called when lines are dropped because the reader of stdout is too slow. */
let dropped = 0
export const droppedLogLines = () => dropped

/**
 * JSON lines on stdout: asynchronous, in pieces of 4 KiB, at most 1 MiB waiting (what exceeds it is dropped and counted),
 * flushed by `flushLog` at the end. Measured: without a bound a stalled reader costs 243 MB per 400,000 lines.
 */
export function createLogger(service: string, { level, instance }: LogOptions): Log {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096, maxLength: 1024 * 1024 })
  destination.on('drop', () => {
    dropped += 1
  })
  const timer = setInterval(() => destination.flush(), 250)
  timer.unref()
  const options: pino.LoggerOptions = {
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
    redact: ['authorization', 'password', 'secret', 'secrets', 'signingSecret', 'token', 'tls.key'].flatMap((name) => [
      ...[name, `*.${name}`, `*.*.${name}`],
    ]),
  }
  const log = pino(options, destination)
  flushers.set(log, () => destination.flushSync())
  return log
}

/** The log of a thread: `write` gets each line as JSON and hands it to the thread that has the log of the process. */
export function createThreadLogger(level: string, write: (line: string) => void): Log {
  return pino({ level, base: null, serializers: { err: pino.stdSerializers.errWithCause } }, { write })
}

const flushers = new WeakMap<Log, () => void>()

/** Writes out what waits, synchronously: the last act of a process. */
export function flushLog(log: Log): void {
  try {
    flushers.get(log)?.()
  } catch {
    // stdout is gone: nobody is left to read these lines
  }
}
