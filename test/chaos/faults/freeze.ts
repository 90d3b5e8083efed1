import { setTimeout as pause } from 'node:timers/promises'

type Frozen = { pid: number; ms: number; signal: AbortSignal | undefined }

/** Stops a process in the middle of whatever it does and lets it go on after a while, or when `signal` aborts. */
export async function freeze({ pid, ms, signal }: Frozen): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  try {
    await pause(ms, undefined, signal === undefined ? {} : { signal })
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
