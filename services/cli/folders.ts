import { mkdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The clone. */
export const root = resolve(import.meta.dirname, '../..')

/** The Kafka jars; shared by all runs of this clone, kept by --fresh. bootstrap/jars.mjs fills it. */
export const jarsFolder = join(root, '.tailrace/kafka')

/** Where `up` keeps a run unless --dir names another folder. */
export const defaultFolder = join(root, '.tailrace')

/** Everything one run keeps, by place. */
export type RunFolder = ReturnType<typeof runFolder>

/** The places of a run in `dir`. */
export function runFolder(dir: string) {
  const at = (name: string) => join(dir, name)
  return {
    dir,
    lock: at('launcher.lock'),
    ready: at('ready.json'),
    log: at('log'),
    brokers: at('brokers'),
    index: at('index'),
    masterKey: at('master.key'),
    adminKey: at('admin.key'),
    demoSecret: at('demo-inbox.secret'),
  }
}

/** Deletes what earlier runs left in the folder, and nothing else that may lie there. */
export function wipe(folder: RunFolder): void {
  const { dir: _dir, lock: _lock, ...data } = folder
  for (const path of Object.values(data)) rmSync(path, { recursive: true, force: true })
}

/** Makes the folders that must exist before anything starts; only their owner may look inside. */
export function prepare(folder: RunFolder): void {
  for (const path of [folder.dir, folder.log, folder.brokers]) mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** A path as a user of the clone would type it: relative inside the clone, absolute outside. */
export function shown(path: string): string {
  const inside = relative(root, path)
  return inside.startsWith('..') ? path : inside
}
