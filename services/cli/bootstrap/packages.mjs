import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './places.mjs'
import { Refusal } from './refusal.mjs'

/**
 * Runs `npm ci` when a package of package-lock.json is not installed in that version. npm keeps a list of what it
 * installed in node_modules/.package-lock.json; comparing the two needs no mark of our own that could lie.
 */
export function preparePackages({ needsDevPackages }) {
  if (!isAnyMissing(needsDevPackages)) return
  say('installing the npm packages of package-lock.json (npm ci --ignore-scripts)')
  const args = ['ci', '--ignore-scripts', '--include=optional', ...(needsDevPackages ? ['--include=dev'] : [])]
  const { status, error } = runNpm([...args, '--no-audit', '--no-fund', '--loglevel=error'])
  if (status !== 0) throw new Refusal(`npm ci failed${error ? `: ${error.message}` : ''}; the lines above say why.`)
}

function isAnyMissing(needsDevPackages) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(join(root, 'node_modules/.package-lock.json'))
  return Object.entries(wanted)
    .filter(([path, { dev, devOptional }]) => path !== '' && (needsDevPackages || !(dev || devOptional)))
    .filter(([, entry]) => !entry.optional || isForThisMachine(entry))
    .some(([path, entry]) => installed[path]?.version !== entry.version)
}

function packagesOf(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {}
}

/** One that names no machine comes with the one of another machine, if at all. */
function isForThisMachine({ os, cpu, libc }) {
  return Boolean(os || cpu) && (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch)) && !libc
}

/** The npm that started us, else the one on the PATH. */
function runNpm(args) {
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }
  const own = process.env.npm_execpath
  return own?.endsWith('.js') ? spawnSync(process.execPath, [own, ...args], options) : spawnSync('npm', args, options)
}
