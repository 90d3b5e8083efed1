import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { firstMessage } from './first-message.ts'
import { freePort } from './free-port.ts'

export type ProducerProcess = { child: ChildProcess; port: number; adminUrl: string }

type Options = {
  env: Readonly<Record<string, string>>
  execArgv?: string[]
  /** Called with what ends the process again. */
  defer(close: () => Promise<void>): void
}

/** A producer as a process of its own, on a free port; resolves when it is ready. */
export async function startProducerProcess({ env, execArgv = [], defer }: Options): Promise<ProducerProcess> {
  const port = await freePort()
  const main = fileURLToPath(new URL('../../services/producer/main.ts', import.meta.url))
  const all = { ...process.env, TAILRACE_LOG_LEVEL: 'warn', ...env, TAILRACE_PORT: String(port) }
  const child = fork(main, { env: all, execArgv })
  defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const { adminUrl } = await firstMessage<{ adminUrl: string }>(child, 'the producer')
  return { child, port, adminUrl }
}
