import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './places.mjs'
import { Refusal } from './refusal.mjs'

const sources = join(root, 'services/console/web')
const config = join(root, 'services/console/vite.config.ts')
const folder = join(sources, 'dist')
const stamp = '.sources-sha256'

/** Whether the web part of the console was built from these very sources and packages. */
export function webIsReady() {
  const path = join(folder, stamp)
  return existsSync(path) && readFileSync(path, 'utf8') === hashOfSources()
}

/** Builds it with Vite, in a folder beside it first, so that a broken build leaves the one before. */
export function prepareWeb(node) {
  if (webIsReady()) return
  say('building the web part of the console')
  const fresh = `${folder}.${process.pid}`
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--config', config, '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn']
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] })
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Refusal('The web part of the console could not be built; the lines above say why.')
  }
  writeFileSync(join(fresh, stamp), hashOfSources())
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
}

function hashOfSources() {
  const hash = createHash('sha256')
  // The web part takes words and types from shared.
  for (const path of [join(root, 'package-lock.json'), config, ...filesOf(join(root, 'shared')), ...filesOf(sources)]) {
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Every file but what was built: dist, and the folders beside it of builds under way. */
function filesOf(top) {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.startsWith(folder))
    .sort()
}
