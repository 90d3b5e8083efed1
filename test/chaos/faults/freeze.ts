import { rest, type Scene } from './fault.ts'
import { chooseVictim } from './victim.ts'

type Frozen = { pid: number; ms: number; signal: AbortSignal | undefined }

/** Stops a process in the middle of whatever it does and lets it go on after a while, or when `signal` aborts. */
export async function freeze({ pid, ms, signal }: Frozen): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  try {
    await rest({ signal }, ms)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

/** Freezes one process of a service, each in turn by round: its connections stay open and it says nothing. */
export async function freezeOne(scene: Scene, { name, service, ms }: { name: string; service: string; ms: number }) {
  const { pid } = await chooseVictim(scene, name, service)
  await freeze({ pid, ms, signal: scene.signal })
}
