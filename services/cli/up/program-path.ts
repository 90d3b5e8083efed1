import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The full path of a program on the PATH, or undefined. The bootstrap has put what it found there. */
export function programPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}
