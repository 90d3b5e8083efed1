import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatCredential, newCredential } from '#shared/catalog/api-keys.ts'

const ownerOnly = { mode: 0o600, flush: true }

/** `made`: whether this call made it. */
export type KeyFile = { text: string; made: boolean }

export type GivenKeys = { masterKey: string; adminKey: string }

/** The keys of the installation: given in the environment, or in the folder, made there once. The folder is for its owner. */
export function provideKeys(folder: string, given: GivenKeys): { master: KeyFile; admin: KeyFile } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const make = (name: string, text: string, fresh: () => string) =>
    text === '' ? provideFile(join(folder, name), fresh) : { text, made: false }
  return {
    master: make('master.key', given.masterKey, () => randomBytes(32).toString('base64')),
    admin: make('admin.key', given.adminKey, () => formatCredential(newCredential())),
  }
}

/** Writes a secret that others read, only when it differs. */
export function keepFile(path: string, text: string): void {
  if (readIfThere(path) === text) return
  rmSync(path, { force: true })
  writeFileSync(path, `${text}\n`, ownerOnly)
}

/** Complete or absent, also after a crash, and never overwritten: written beside, then linked to its name. */
function provideFile(path: string, fresh: () => string): KeyFile {
  const known = readIfThere(path)
  if (known !== undefined) return { text: known, made: false }
  const draft = `${path}.${process.pid}`
  const text = fresh()
  writeFileSync(draft, `${text}\n`, ownerOnly)
  try {
    linkSync(draft, path)
  } finally {
    rmSync(draft)
  }
  return { text, made: true }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
