import { createRequire } from 'node:module'

/** The version our changes to kafkajs were written against; with any other nothing is changed, and a test says so. */
const patchedVersion = '2.2.4'

/** A module of kafkajs to be changed in place, or null when this is not the known version. */
export function patchable<T>(path: string): T | null {
  const load = createRequire(import.meta.url)
  const { version }: { version: string } = load('kafkajs/package.json')
  return version === patchedVersion ? (load(`kafkajs/src/${path}`) as T) : null
}
