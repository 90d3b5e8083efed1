import { type RunningService, untilStopped } from '#shared/lifecycle.ts'
import { Refusal } from './up/refusal.ts'

/**
 * Runs a command that holds resources: `work` gets a signal that aborts at Ctrl-C or SIGTERM, unwinds itself then, and
 * the process ends when it has. A Refusal is printed as its one sentence, everything else with its stack; both end with 1.
 */
export function runTask(graceMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<never> {
  const ending = new AbortController()
  const finished = work(ending.signal)
  const service: RunningService = {
    finished,
    async stop() {
      ending.abort(new Refusal('stopped'))
      await finished.catch(() => {})
    },
  }
  return untilStopped(service, { graceMs, log: { info, fatal } })
}

function info({ reason }: { reason?: unknown }): void {
  if (reason === 'SIGINT' || reason === 'SIGTERM') console.log('\nStopping …')
}

function fatal({ err }: { err?: unknown }, message: string): void {
  if (err instanceof Refusal) console.error(err.message)
  else console.error(message, err ?? '')
}
