/** A process part that is up. `finished` rejects when it breaks and resolves after `stop`; `stop` is idempotent. */
export type RunningService = { readonly finished: Promise<void>; stop(): Promise<void> }

/** What was opened, in order. Each `defer` stands on the line after its open; `close` runs them in reverse. */
export type Resources = {
  defer(name: string, close: () => unknown): void
  /** Closes everything in reverse order, once; a close that throws is reported and does not stop the others. */
  close(): Promise<void>
}

type Report = (name: string, error: unknown) => void

/** An empty stack of resources. `report` hears of every close that failed. */
export function openResources(report: Report): Resources {
  const closers: { name: string; close: () => unknown }[] = []
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    for (let last = closers.pop(); last !== undefined; last = closers.pop()) {
      try {
        await last.close()
      } catch (error) {
        report(last.name, error)
      }
    }
  }
  return {
    defer: (name, close) => closers.push({ name, close }),
    close: () => {
      closing ??= closeAll()
      return closing
    },
  }
}

/** Runs `open` with an empty stack; when it throws, what it had opened is closed again before the error goes on. */
export async function withResources<T>(report: Report, open: (resources: Resources) => Promise<T>): Promise<T> {
  const resources = openResources(report)
  try {
    return await open(resources)
  } catch (error) {
    await resources.close()
    throw error
  }
}

type LifecycleLog = { info(fields: object, message: string): void; fatal(fields: object, message: string): void }
type StopOptions = { graceMs: number; log: LifecycleLog; flush?: () => void }

/**
 * Waits for SIGTERM, SIGINT or the service's own end, stops it, and ends the process: code 0 after a clean stop, 1 after
 * a crash, after `graceMs` ms or at the second signal of a kind. The only file that calls `process.exit`.
 */
export async function untilStopped(service: RunningService, { graceMs, log, flush }: StopOptions): Promise<never> {
  const exit = (code: number): never => {
    flush?.()
    process.exit(code)
  }
  const signal = stopSignal(() => exit(1))
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection')
    exit(1)
  })
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception')
    exit(1)
  })
  const ending = await Promise.race([
    signal,
    service.finished.then(
      () => 'finished',
      (error: unknown) => ({ error }),
    ),
  ])
  const crashed = typeof ending === 'object'
  if (crashed) log.fatal({ err: ending.error }, 'the service broke')
  else log.info({ reason: ending }, 'stopping')
  const deadline = setTimeout(() => {
    log.fatal({ graceMs }, 'stop took longer than the grace period')
    exit(1)
  }, graceMs)
  await service.stop()
  clearTimeout(deadline)
  log.info({}, 'stopped')
  return exit(crashed ? 1 : 0)
}

/**
 * The first SIGTERM or SIGINT. Under a launcher SIGINT is ignored: Ctrl-C reaches the whole process group, and the launcher
 * stops its processes in order by SIGTERM.
 */
function stopSignal(again: () => void): Promise<string> {
  const supervised = process.send !== undefined
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      let heard = false
      process.on(name, () => {
        if (supervised && name === 'SIGINT') return
        if (heard) again()
        heard = true
        resolve(name)
      })
    }
  })
}

/** Tells the launcher, if there is one, that this process serves and where its admin port is. */
export function announceReady(adminUrl: string): void {
  process.send?.({ type: 'ready', adminUrl })
}
