import { rmSync } from 'node:fs'
import type { Resources } from '#shared/lifecycle.ts'
import { prepare, type RunFolder, wipe } from '../folders.ts'
import { takeLock } from './lock.ts'
import { type Ports, refuseOccupied, waitUntilFree } from './ports.ts'

type Claim = {
  folder: RunFolder
  ports: Ports
  fresh: boolean
  resources: Resources
  signal: AbortSignal
  tell: (text: string) => void
}

const leftoverLimitMs = 5_000
const lentLimitMs = 65_000

/** Makes folder and ports ours, or throws a Refusal that says who has them. Data of earlier runs goes if `fresh`. */
export async function occupy({ folder, ports, fresh, resources, signal, tell }: Claim): Promise<void> {
  prepare(folder)
  const lock = takeLock(folder.lock, folder.dir)
  resources.defer('lock', lock.release)
  rmSync(folder.ready, { force: true })
  const within = (limitMs: number) => waitUntilFree(ports, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
  // What a killed launcher left behind ends by itself, but not in the same instant.
  if (lock.tookOver) await within(leftoverLimitMs)
  await refuseOccupied(ports, (port) => {
    tell(`port ${port} still belongs to a connection of another program; waiting for it, at most a minute`)
    return within(lentLimitMs)
  })
  if (fresh) wipe(folder)
  prepare(folder)
}
