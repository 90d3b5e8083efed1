import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { hashSecret, parseCredential } from '#shared/catalog/api-keys.ts'
import { createTokenSigner } from '#shared/catalog/sign-in-tokens.ts'
import { readConfig } from '#shared/config.ts'
import { messageOf } from '#shared/errors.ts'
import { defaultFolder, type RunFolder, runFolder } from './folders.ts'

/** How long a link is good for: long enough to walk to a browser. */
const lifeMs = 15 * 60_000

type Keys = { masterKey: string; adminKey: string }

/**
 * An address that signs one browser in with the admin key, once and within 15 minutes. The ticket stands behind the #, so
 * neither a server's log nor a Referer ever holds it.
 */
export function signInLink(consoleUrl: string, { masterKey, adminKey }: Keys): string {
  const credential = parseCredential(adminKey)
  if (credential === undefined) throw new Error('the admin key is not of the form tr_<12>_<43 base62 characters>')
  const secret = { keyId: credential.id, hash: hashSecret(credential) }
  const signer = createTokenSigner(Buffer.from(masterKey, 'base64'))
  return `${consoleUrl}/#ticket=${signer.issue('ticket', secret, { nowMs: Date.now(), lifeMs })}`
}

/** The keys that the first start made. */
export function keysOf({ masterKey, adminKey }: RunFolder): Keys {
  const read = (path: string) => readFileSync(path, 'utf8').trim()
  return { masterKey: read(masterKey), adminKey: read(adminKey) }
}

/** Prints a one-time link; in a container keys and address are those of its environment. */
export function printSignInLink({ dir = defaultFolder }: { dir?: string }): void {
  try {
    console.log(process.env.TAILRACE_MASTER_KEY_FILE === undefined ? linkOfRun(resolve(dir)) : linkOfEnvironment())
  } catch (error) {
    console.error(`There is no link to print: ${messageOf(error)}. Is Tailrace running? Start it with npm start.`)
    process.exitCode = 1
  }
}

function linkOfRun(dir: string): string {
  const folder = runFolder(dir)
  const { consoleUrl } = JSON.parse(readFileSync(folder.ready, 'utf8')) as { consoleUrl: string }
  return signInLink(consoleUrl, keysOf(folder))
}

function linkOfEnvironment(): string {
  const config = readConfig(['TAILRACE_MASTER_KEY', 'TAILRACE_ADMIN_KEY', 'TAILRACE_CONSOLE_URL'], process.env)
  const { TAILRACE_MASTER_KEY: masterKey, TAILRACE_ADMIN_KEY: adminKey } = config
  return signInLink(config.TAILRACE_CONSOLE_URL, { masterKey, adminKey })
}
