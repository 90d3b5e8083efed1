import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { version } from '#shared/version.ts'
import { shown } from '../folders.ts'
import { addressesOf } from './environment.ts'
import type { Run } from './run.ts'

export type ReadyFile = { remove(): void }

type Dependencies = { brokers: readonly string[]; redisUrl: string | undefined }

/**
 * Writes ready.json, which is there while everything serves. From then on it names the processes of each moment; a
 * reader never sees half of it.
 */
export function publishReadyFile({ folder, ports, processes }: Run, { brokers, redisUrl }: Dependencies): ReadyFile {
  const startedAt = new Date(performance.timeOrigin).toISOString()
  let isRemoved = false
  const write = () => {
    if (isRemoved) return
    const content = {
      format: 1,
      version,
      startedAt,
      launcherPid: process.pid,
      ...addressesOf(ports),
      adminKeyFile: shown(folder.adminKey),
      logs: shown(folder.log),
      kafkaBrokers: brokers,
      redisUrl: redisUrl ?? null,
      processes: processes.list(),
    }
    const draft = `${folder.ready}.${process.pid}`
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`)
    renameSync(draft, folder.ready)
  }
  write()
  processes.onChange(write)
  return {
    remove() {
      isRemoved = true
      rmSync(folder.ready, { force: true })
    },
  }
}
