import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The clone. */
export const root = resolve(fileURLToPath(import.meta.url), '../../../..')

/** The full path of a program on `path`, or undefined. */
export function programOn(path, name) {
  return (path ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate))
}

/** Tells the user what is being done before it is done; preparation takes a while the first time. */
export function say(text) {
  console.error(`tailrace: ${text}`)
}
