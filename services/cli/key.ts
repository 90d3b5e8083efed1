import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defaultFolder, runFolder, shown } from './folders.ts'

/** Prints the admin key that the first start made; in a container its file is named by the environment. */
export function printKey({ dir = defaultFolder }: { dir?: string }): void {
  const path = process.env.TAILRACE_ADMIN_KEY_FILE ?? runFolder(resolve(dir)).adminKey
  try {
    console.log(readFileSync(path, 'utf8').trim())
  } catch {
    console.error(`There is no admin key in ${shown(path)} yet: start Tailrace once with npm start.`)
    process.exitCode = 1
  }
}
