import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { programOn, root } from './places.mjs'
import { Refusal } from './refusal.mjs'

/** The Node 24 to run with: this one, the machine's, else the pinned platform package. */
export function findNode() {
  const pinned = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
  const own = [process.execPath, programOn(process.env.PATH, 'node')].filter((path) => path !== undefined)
  const found = [...own, pinned].find((path) => isNode24(versionOf(path)))
  if (found !== undefined) return found
  throw new Refusal(
    `Tailrace needs Node 24.18 or newer of that line; this is ${process.version} on ${process.platform}-${process.arch}, ` +
      'for which no package exists. Install Node 24 from https://nodejs.org/en/download.',
  )
}

function versionOf(path) {
  if (path === process.execPath) return process.version
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? ''
}

function isNode24(version) {
  const [major, minor] = version.slice(1).split('.').map(Number)
  return major === 24 && minor >= 18
}
