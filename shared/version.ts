import { readFileSync } from 'node:fs'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The version of this installation, from package.json. */
export const version = String((manifest as { version?: unknown }).version)
